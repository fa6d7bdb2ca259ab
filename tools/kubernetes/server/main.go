// computenest-kubernetes is a cluster in one program: kube-apiserver, unmodified, the controllers that charts need, and
// a virtual node that takes pods. It takes kube-apiserver's flags. What is its own comes by the environment:
//
//	COMPUTENEST_KUBECONFIG  how the controllers reach the API server of this same program
//
// etcd runs beside it (tools/kubernetes/build fetches it).
package main

import (
	"os"

	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if kubeconfig := os.Getenv("COMPUTENEST_KUBECONFIG"); kubeconfig != "" {
		go control(kubeconfig)
	}
	os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
}
