package main

import (
	"context"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

const (
	firstBackOff   = 10 * time.Second // kubelet's own
	longestBackOff = 300 * time.Second
)

// images is what the node has pulled, and what it could not pull for which pod.
type images struct {
	client  *kubernetes.Clientset
	lock    sync.Mutex
	present map[string]bool
	pods    map[types.UID]*pulling
}

// pulling is how far the images of one pod are.
type pulling struct {
	isBusy, isDone bool
	failures       int
	next           time.Time
	container      string
	err            error
}

func newImages(client *kubernetes.Clientset) *images {
	return &images{client: client, present: map[string]bool{}, pods: map[types.UID]*pulling{}}
}

// look begins what has to be pulled and is not yet; it tells whether all is there, and else what keeps it.
func (i *images) look(ctx context.Context, pod *v1.Pod) (bool, *pulling) {
	i.lock.Lock()
	defer i.lock.Unlock()
	found := i.pods[pod.UID]
	if found == nil {
		found = &pulling{}
		i.pods[pod.UID] = found
	}
	if !found.isDone && !found.isBusy && time.Now().After(found.next) {
		found.isBusy = true
		go i.pull(ctx, pod.DeepCopy(), found)
	}
	copied := *found
	return found.isDone, &copied
}

// forget is for pods that are gone.
func (i *images) forget(there map[types.UID]bool) {
	i.lock.Lock()
	defer i.lock.Unlock()
	for uid := range i.pods {
		if !there[uid] {
			delete(i.pods, uid)
		}
	}
}

func (i *images) pull(ctx context.Context, pod *v1.Pod, found *pulling) {
	container, err := i.pullAll(ctx, pod)
	i.lock.Lock()
	defer i.lock.Unlock()
	found.isBusy, found.isDone, found.container, found.err = false, err == nil, container, err
	if err != nil {
		found.failures++
		wait := firstBackOff << min(found.failures-1, 5)
		found.next = time.Now().Add(min(wait, longestBackOff))
		i.note(ctx, pod, v1.EventTypeWarning, "Failed", err.Error())
	}
}

func (i *images) pullAll(ctx context.Context, pod *v1.Pod) (string, error) {
	for _, container := range append(append([]v1.Container{}, pod.Spec.InitContainers...), pod.Spec.Containers...) {
		wanted := imageOf(container.Image)
		if !wanted.isHere() || container.ImagePullPolicy != v1.PullAlways && i.has(container.Image) {
			continue
		}
		if container.ImagePullPolicy == v1.PullNever {
			return container.Name, notPulled{container.Image, 0, "it is not present, and its pull policy is Never"}
		}
		asking := puller{image: wanted, login: i.loginOf(ctx, pod, wanted.host)}
		if err := asking.pull(ctx); err != nil {
			return container.Name, err
		}
		i.keep(container.Image)
		i.note(ctx, pod, v1.EventTypeNormal, "Pulled", "Successfully pulled image \""+container.Image+"\"")
	}
	return "", nil
}

func (i *images) has(text string) bool {
	i.lock.Lock()
	defer i.lock.Unlock()
	return i.present[text]
}

func (i *images) keep(text string) {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.present[text] = true
}

// loginOf is the first of the pod's imagePullSecrets that has one; admission puts those of its account there.
func (i *images) loginOf(ctx context.Context, pod *v1.Pod, host string) *login {
	for _, named := range pod.Spec.ImagePullSecrets {
		secret, err := i.client.CoreV1().Secrets(pod.Namespace).Get(ctx, named.Name, metav1.GetOptions{})
		if err != nil {
			continue // kubelet goes on without one that is not there
		}
		if found := loginIn(secret, host); found != nil {
			return found
		}
	}
	return nil
}

func (i *images) note(ctx context.Context, pod *v1.Pod, kind, reason, message string) {
	now := metav1.Now()
	_, _ = i.client.CoreV1().Events(pod.Namespace).Create(ctx, &v1.Event{
		ObjectMeta:     metav1.ObjectMeta{GenerateName: pod.Name + ".", Namespace: pod.Namespace},
		InvolvedObject: v1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Type:           kind, Reason: reason, Message: message, Count: 1, FirstTimestamp: now, LastTimestamp: now,
		Source: v1.EventSource{Component: "virtual-node", Host: nodeName},
	}, metav1.CreateOptions{})
}

// waiting is the status of a pod whose image is not there, as kubelet gives it.
func waiting(pod *v1.Pod, found *pulling) *v1.Pod {
	pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses = nil, nil
	for _, container := range pod.Spec.InitContainers {
		pod.Status.InitContainerStatuses = append(pod.Status.InitContainerStatuses, stateOf(container, found))
	}
	for _, container := range pod.Spec.Containers {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, stateOf(container, found))
	}
	return pod
}

func stateOf(container v1.Container, found *pulling) v1.ContainerStatus {
	state := v1.ContainerStateWaiting{Reason: "ContainerCreating"}
	if container.Name == found.container {
		state = v1.ContainerStateWaiting{Reason: "ErrImagePull", Message: found.err.Error()}
		if found.failures > 1 {
			state.Reason = "ImagePullBackOff"
		}
	}
	return v1.ContainerStatus{Name: container.Name, Image: container.Image, State: v1.ContainerState{Waiting: &state}}
}
