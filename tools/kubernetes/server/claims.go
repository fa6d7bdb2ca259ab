package main

import (
	"context"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/reference"
)

// claims gives each PersistentVolumeClaim a volume of its size, of whatever class: nothing is stored in it. Helm waits
// for claims to be bound, and the real binder wants a provisioner for every class.
type claims struct {
	client *kubernetes.Clientset
	claims listers.PersistentVolumeClaimLister
}

func newClaims(client *kubernetes.Clientset, informed informers.SharedInformerFactory) *claims {
	return &claims{client: client, claims: informed.Core().V1().PersistentVolumeClaims().Lister()}
}

func (c *claims) run(ctx context.Context) {
	for ; ctx.Err() == nil; time.Sleep(lookEvery) {
		all, _ := c.claims.List(labels.Everything())
		for _, claim := range all {
			if claim.Status.Phase == v1.ClaimPending && claim.DeletionTimestamp == nil {
				c.bind(ctx, claim.DeepCopy())
			}
		}
	}
}

// bind does a step and is called again until the claim is bound: each error is the next call's.
func (c *claims) bind(ctx context.Context, claim *v1.PersistentVolumeClaim) {
	owner, err := reference.GetReference(scheme.Scheme, claim)
	if err != nil {
		return
	}
	name := "pvc-" + string(claim.UID)
	if claim.Spec.VolumeName == "" {
		volume := &v1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: v1.PersistentVolumeSpec{
				Capacity:                      claim.Spec.Resources.Requests,
				AccessModes:                   claim.Spec.AccessModes,
				ClaimRef:                      owner,
				PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimDelete,
				PersistentVolumeSource:        v1.PersistentVolumeSource{HostPath: &v1.HostPathVolumeSource{Path: "/nowhere/" + name}},
				VolumeMode:                    claim.Spec.VolumeMode,
			},
		}
		if claim.Spec.StorageClassName != nil {
			volume.Spec.StorageClassName = *claim.Spec.StorageClassName
		}
		_, _ = c.client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
		claim.Spec.VolumeName = name
		if claim, err = c.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Update(ctx, claim, metav1.UpdateOptions{}); err != nil {
			return
		}
	}
	claim.Status.Phase = v1.ClaimBound
	claim.Status.Capacity = claim.Spec.Resources.Requests
	claim.Status.AccessModes = claim.Spec.AccessModes
	_, _ = c.client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, claim, metav1.UpdateOptions{})
}
