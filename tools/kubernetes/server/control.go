package main

import (
	"context"
	"os/signal"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/cronjob"
	"k8s.io/kubernetes/pkg/controller/daemon"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/endpointslice"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/job"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/replicaset"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
	"k8s.io/kubernetes/pkg/controller/statefulset"
	"k8s.io/kubernetes/pkg/controller/ttlafterfinished"
)

const (
	syncEvery        = 30 * time.Second
	endpointsOfSlice = 100
	replicasAtOnce   = 500
)

// control runs the controllers, as kube-controller-manager would, and the node, until the program is asked to end.
func control(kubeconfig string) {
	// The controllers' watches end first: the API server waits for its connections before it ends.
	ctx, done := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer done()
	config := connect(ctx, kubeconfig)
	client := kubernetes.NewForConfigOrDie(config)
	informed := informers.NewSharedInformerFactory(client, 0)
	run := controllers(ctx, config, client, informed)
	node := newNode(client, informed)
	claims := newClaims(client, informed)
	informed.Start(ctx.Done())
	run()
	informed.WaitForCacheSync(ctx.Done())
	go claims.run(ctx)
	node.run(ctx)
}

// connect waits until the API server of this program is ready.
func connect(ctx context.Context, kubeconfig string) *rest.Config {
	for ; ; time.Sleep(50 * time.Millisecond) {
		if ctx.Err() != nil {
			select {} // asked to end before it was up: the API server ends the program
		}
		config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
		if err != nil {
			continue
		}
		config.QPS, config.Burst = 400, 800 // one machine, nobody to be kept from starving
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			continue
		}
		if body, err := client.RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err == nil && string(body) == "ok" {
			return config
		}
	}
}

// controllers makes them; what it returns starts them, once the informers that they asked for run.
func controllers(ctx context.Context, config *rest.Config, client *kubernetes.Clientset, informed informers.SharedInformerFactory) func() {
	meta := metadata.NewForConfigOrDie(config)
	metaInformed := metadatainformer.NewSharedInformerFactory(meta, 0)
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	apps, batch, core := informed.Apps().V1(), informed.Batch().V1(), informed.Core().V1()
	started := make(chan struct{})

	deployments := must(deployment.NewDeploymentController(ctx, apps.Deployments(), apps.ReplicaSets(), core.Pods(), client))
	replicas := replicaset.NewReplicaSetController(ctx, apps.ReplicaSets(), core.Pods(), client, replicasAtOnce)
	sets := statefulset.NewStatefulSetController(ctx, core.Pods(), apps.StatefulSets(), core.PersistentVolumeClaims(), apps.ControllerRevisions(), client)
	daemons := must(daemon.NewDaemonSetsController(ctx, apps.DaemonSets(), apps.ControllerRevisions(), core.Pods(), core.Nodes(), client, flowcontrol.NewBackOff(time.Second, 15*time.Minute)))
	jobs := must(job.NewController(ctx, client, core.Pods(), batch.Jobs(), nil, nil))
	crons := must(cronjob.NewControllerV2(ctx, batch.Jobs(), batch.CronJobs(), client))
	finished := ttlafterfinished.New(ctx, batch.Jobs(), client)
	accounts := must(serviceaccount.NewServiceAccountsController(klog.FromContext(ctx), core.ServiceAccounts(), core.Namespaces(), client, serviceaccount.DefaultServiceAccountsControllerOptions()))
	slices := endpointslice.NewController(ctx, core.Pods(), core.Services(), core.Nodes(), informed.Discovery().V1().EndpointSlices(), endpointsOfSlice, client, 0)
	namespaces := namespace.NewNamespaceController(ctx, client, meta, client.Discovery().ServerPreferredNamespacedResources, core.Namespaces(), 0, v1.FinalizerKubernetes)
	garbage := must(garbagecollector.NewGarbageCollector(ctx, client, meta, mapper, garbagecollector.DefaultIgnoredResources(), informerfactory.NewInformerFactory(informed, metaInformed), started))

	return func() {
		metaInformed.Start(ctx.Done())
		close(started)
		go deployments.Run(ctx, 2)
		go replicas.Run(ctx, 2)
		go sets.Run(ctx, 2)
		go daemons.Run(ctx, 2)
		go jobs.Run(ctx, 2)
		go crons.Run(ctx, 1)
		go finished.Run(ctx, 1)
		go accounts.Run(ctx, 1)
		go slices.Run(ctx, 2)
		go namespaces.Run(ctx, 2)
		go garbage.Run(ctx, 2, syncEvery)
		go garbage.Sync(ctx, client.Discovery(), syncEvery)
	}
}

func must[T any](made T, err error) T {
	if err != nil {
		panic(err)
	}
	return made
}
