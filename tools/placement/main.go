// Writes what Open Cluster Management answers to selectors of clusters: its own placement plugin is asked, unmodified.
//
//	go run . > ../../tests/unit/components/ocm_placements.jsonl
//
// Cases are made by chance from a fixed seed, so the same module gives the same file.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clusterlisterv1alpha1 "open-cluster-management.io/api/client/cluster/listers/cluster/v1alpha1"
	clusterv1 "open-cluster-management.io/api/cluster/v1"
	placementv1 "open-cluster-management.io/api/cluster/v1beta1"
	"open-cluster-management.io/ocm/pkg/placement/controllers/framework"
	"open-cluster-management.io/ocm/pkg/placement/controllers/metrics"
	"open-cluster-management.io/ocm/pkg/placement/plugins"
	"open-cluster-management.io/ocm/pkg/placement/plugins/predicate"
)

const (
	seed     = 20261129
	number   = 220
	clusters = 8
)

var (
	keys      = []string{"tier", "region", "example.com/ring", "gpu"}
	values    = []string{"guest", "core", "cn-hangzhou", "1", ""}
	operators = []metav1.LabelSelectorOperator{
		metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist,
	}
)

type answer struct {
	Selector metav1.LabelSelector         `json:"selector"`
	Clusters map[string]map[string]string `json:"clusters"`
	Matched  []string                     `json:"matched"`
	Refused  string                       `json:"refused,omitempty"`
}

// handle is all that the plugin asks of its surroundings for label selectors: nothing.
type handle struct{ plugins.Handle }

func (handle) ScoreLister() clusterlisterv1alpha1.AddOnPlacementScoreLister { return nil }
func (handle) MetricsRecorder() *metrics.ScheduleMetrics                    { return nil }

func main() {
	random := rand.New(rand.NewSource(seed))
	plugin := predicate.New(handle{})
	encoder := json.NewEncoder(os.Stdout)
	for range number {
		asked := answer{Selector: selector(random), Clusters: map[string]map[string]string{}, Matched: []string{}}
		var known []*clusterv1.ManagedCluster
		for index := range clusters {
			name := fmt.Sprintf("c%d", index)
			labels := map[string]string{}
			for _, key := range keys {
				if random.Intn(2) == 0 {
					labels[key] = pick(random, values)
				}
			}
			asked.Clusters[name] = labels
			known = append(known, &clusterv1.ManagedCluster{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}})
		}
		placement := &placementv1.Placement{Spec: placementv1.PlacementSpec{Predicates: []placementv1.ClusterPredicate{{
			RequiredClusterSelector: placementv1.ClusterSelector{LabelSelector: asked.Selector},
		}}}}
		found, status := plugin.Filter(context.Background(), placement, known)
		if status.Code() != framework.Success {
			asked.Refused = status.Message()
		}
		for _, one := range found.Filtered {
			asked.Matched = append(asked.Matched, one.Name)
		}
		if err := encoder.Encode(asked); err != nil {
			panic(err)
		}
	}
}

func selector(random *rand.Rand) metav1.LabelSelector {
	made := metav1.LabelSelector{}
	for range random.Intn(3) {
		if made.MatchLabels == nil {
			made.MatchLabels = map[string]string{}
		}
		made.MatchLabels[pick(random, keys)] = pick(random, values)
	}
	for range random.Intn(3) {
		one := metav1.LabelSelectorRequirement{Key: pick(random, keys), Operator: operators[random.Intn(len(operators))]}
		isList := one.Operator == metav1.LabelSelectorOpIn || one.Operator == metav1.LabelSelectorOpNotIn
		if isList != (random.Intn(20) == 0) { // now and then what Kubernetes refuses
			for range 1 + random.Intn(3) {
				one.Values = append(one.Values, pick(random, values))
			}
		}
		made.MatchExpressions = append(made.MatchExpressions, one)
	}
	return made
}

func pick(random *rand.Rand, from []string) string { return from[random.Intn(len(from))] }
