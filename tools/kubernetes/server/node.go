package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
)

const (
	nodeName  = "virtual-node"
	lookEvery = 100 * time.Millisecond
	// What a pod without containers that run may say of itself, so that failures can be shown.
	exitCodeNote   = "virtual-node.computenest.aliyun.com/exit-code"   // of every container: 3
	runForNote     = "virtual-node.computenest.aliyun.com/run-seconds" // before it exits: 60
	neverReadyNote = "virtual-node.computenest.aliyun.com/never-ready" // "true": runs, and is not ready
)

// node takes every pod, as ACK's virtual node does; its images are asked for, no container runs: a pod's state is all
// there is.
type node struct {
	client *kubernetes.Clientset
	pods   listers.PodLister
	images *images
	last   int
}

func newNode(client *kubernetes.Clientset, informed informers.SharedInformerFactory) *node {
	return &node{client: client, pods: informed.Core().V1().Pods().Lister(), images: newImages(client)}
}

func (n *node) run(ctx context.Context) {
	for n.register(ctx) != nil && ctx.Err() == nil {
		time.Sleep(lookEvery)
	}
	for ; ctx.Err() == nil; time.Sleep(lookEvery) {
		all, _ := n.pods.List(labels.Everything())
		there := make(map[types.UID]bool, len(all))
		for _, pod := range all {
			there[pod.UID] = true
			n.look(ctx, pod)
		}
		n.images.forget(there)
	}
}

// register makes the node, or says again that it is ready.
func (n *node) register(ctx context.Context) error {
	nodes := n.client.CoreV1().Nodes()
	found, err := nodes.Get(ctx, nodeName, metav1.GetOptions{})
	if err != nil {
		found, err = nodes.Create(ctx, &v1.Node{ObjectMeta: metav1.ObjectMeta{
			Name: nodeName,
			Labels: map[string]string{
				v1.LabelHostname: nodeName, v1.LabelOSStable: "linux", v1.LabelArchStable: "amd64",
				"type": "virtual-kubelet", // what ACK's virtual nodes carry
			},
		}}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
	}
	if len(found.Spec.Taints) > 0 { // the API server taints every new node as not ready; nobody else would take it off
		found.Spec.Taints = nil
		if found, err = nodes.Update(ctx, found, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	room := v1.ResourceList{v1.ResourceCPU: resource.MustParse("1000"), v1.ResourceMemory: resource.MustParse("4Ti"), v1.ResourcePods: resource.MustParse("10000")}
	found.Status.NodeInfo.BootID = strconv.Itoa(os.Getpid()) // whoever starts the cluster waits for the node of this process
	found.Status.Capacity, found.Status.Allocatable = room, room
	found.Status.Conditions = []v1.NodeCondition{{
		Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "VirtualNode", Message: "takes pods; no container runs",
		LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now(),
	}}
	_, err = nodes.UpdateStatus(ctx, found, metav1.UpdateOptions{})
	return err
}

// look does at most one step for a pod; an answer that is too old fails its write, and the next look repeats it.
func (n *node) look(ctx context.Context, pod *v1.Pod) {
	pods := n.client.CoreV1().Pods(pod.Namespace)
	now := metav1.Now()
	switch {
	case pod.DeletionTimestamp != nil:
		if pod.Spec.NodeName == "" || len(pod.Finalizers) > 0 && isOver(pod) {
			return
		}
		zero := int64(0)
		_ = pods.Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &zero})
	case pod.Spec.NodeName == "":
		if fits(pod) {
			_ = pods.Bind(ctx, &v1.Binding{
				ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID},
				Target:     v1.ObjectReference{Kind: "Node", Name: nodeName},
			}, metav1.CreateOptions{})
		}
	case pod.Status.Phase == v1.PodPending:
		if isThere, found := n.images.look(ctx, pod); isThere {
			n.write(ctx, n.started(pod.DeepCopy(), now))
		} else if found.err != nil && isNews(pod, found) {
			n.write(ctx, waiting(pod.DeepCopy(), found))
		}
	case pod.Status.Phase == v1.PodRunning && pod.Status.StartTime != nil:
		code, exits := exitOf(pod, now.Sub(pod.Status.StartTime.Time))
		if exits {
			n.write(ctx, ended(pod.DeepCopy(), now, code))
		}
	}
}

// isNews tells whether the pod does not say yet what keeps it.
func isNews(pod *v1.Pod, found *pulling) bool {
	for _, status := range append(append([]v1.ContainerStatus{}, pod.Status.InitContainerStatuses...), pod.Status.ContainerStatuses...) {
		if status.Name == found.container && status.State.Waiting != nil {
			isOld := status.State.Waiting.Reason == "ImagePullBackOff"
			return status.State.Waiting.Message != found.err.Error() || found.failures > 1 && !isOld
		}
	}
	return true
}

func (n *node) write(ctx context.Context, pod *v1.Pod) {
	_, _ = n.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
}

func isOver(pod *v1.Pod) bool {
	return pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed
}

// fits tells whether the pod's selector asks for nothing that the node lacks.
func fits(pod *v1.Pod) bool {
	for key, value := range pod.Spec.NodeSelector {
		if key != v1.LabelOSStable && key != v1.LabelArchStable && !(key == "type" && value == "virtual-kubelet") {
			return false
		}
	}
	return true
}

func (n *node) started(pod *v1.Pod, now metav1.Time) *v1.Pod {
	n.last++
	ready := v1.ConditionTrue
	if pod.Annotations[neverReadyNote] == "true" {
		ready = v1.ConditionFalse
	}
	pod.Status.Phase = v1.PodRunning
	pod.Status.StartTime = &now
	pod.Status.PodIP = fmt.Sprintf("10.244.%d.%d", n.last/250%250, n.last%250+2)
	pod.Status.PodIPs = []v1.PodIP{{IP: pod.Status.PodIP}}
	pod.Status.Conditions = nil
	for _, kind := range []v1.PodConditionType{v1.PodScheduled, v1.PodInitialized, v1.ContainersReady, v1.PodReady} {
		status := v1.ConditionTrue
		if kind == v1.ContainersReady || kind == v1.PodReady {
			status = ready
		}
		pod.Status.Conditions = append(pod.Status.Conditions, v1.PodCondition{Type: kind, Status: status, LastTransitionTime: now})
	}
	running := v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: now}}
	pod.Status.ContainerStatuses = nil
	for _, container := range pod.Spec.Containers {
		started := true
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, v1.ContainerStatus{
			Name: container.Name, Image: container.Image, State: running, Ready: ready == v1.ConditionTrue, Started: &started,
		})
	}
	return pod
}

// exitOf tells with which code a pod that ran so long exits; one that is to be restarted always never does.
func exitOf(pod *v1.Pod, ran time.Duration) (int32, bool) {
	if pod.Spec.RestartPolicy == v1.RestartPolicyAlways {
		return 0, false
	}
	seconds, _ := strconv.Atoi(pod.Annotations[runForNote])
	code, _ := strconv.Atoi(pod.Annotations[exitCodeNote])
	return int32(code), ran >= time.Duration(seconds)*time.Second
}

func ended(pod *v1.Pod, now metav1.Time, code int32) *v1.Pod {
	pod.Status.Phase = v1.PodSucceeded
	reason := "Completed"
	if code != 0 {
		pod.Status.Phase, reason = v1.PodFailed, "Error"
	}
	for at := range pod.Status.ContainerStatuses {
		status := &pod.Status.ContainerStatuses[at]
		status.Ready = false
		status.State = v1.ContainerState{Terminated: &v1.ContainerStateTerminated{
			ExitCode: code, Reason: reason, StartedAt: *pod.Status.StartTime, FinishedAt: now,
		}}
	}
	for at := range pod.Status.Conditions {
		condition := &pod.Status.Conditions[at]
		if condition.Type == v1.PodReady || condition.Type == v1.ContainersReady {
			condition.Status, condition.Reason = v1.ConditionFalse, "PodCompleted"
		}
	}
	return pod
}
