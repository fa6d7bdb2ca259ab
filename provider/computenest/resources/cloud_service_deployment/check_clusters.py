"""What is wrong with what a program says of many clusters: pure, on known and unknown values alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from computenest.kernel.arguments import quoted
from computenest.kernel.nearest import meant
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._components.wishing import check_labels
from computenest.resources.cloud_service_deployment.declaration import Arguments

_MOST_CLUSTERS = 200


def check_clusters(news: Arguments) -> Iterator[Failure]:
    """All of it at once, each at its path."""
    listed = () if news.clusters is None or news.clusters is UNKNOWN else news.clusters
    main = news.cluster.name if news.cluster is not UNKNOWN else UNKNOWN
    if len(listed) > _MOST_CLUSTERS:
        yield Failure("clusters", f"at most {_MOST_CLUSTERS} clusters are possible in one deployment")
    seen = {main: "cluster"} if isinstance(main, str) else {}
    for index, one in enumerate(listed):
        at = f"clusters[{index}]"
        if one.name is UNKNOWN:
            continue
        if not one.name or "/" in one.name:
            yield Failure(f"{at}.name", f"{quoted(one.name)} cannot be a cluster's name: it is part of a key")
        elif seen.setdefault(one.name, at) != at:
            yield Failure(f"{at}.name", f"{seen[one.name]} is named {quoted(one.name)} too")
        yield from check_labels(one.labels or {}, f"{at}.labels")
    names = [one.name for one in listed if one.name is not UNKNOWN]
    are_known = news.hub is None and news.clusters is not UNKNOWN and main is not UNKNOWN and len(names) == len(listed)
    yield from _of_overlays(news, [*seen] if are_known else None)
    yield from _of_rollout(news, main)


def _of_overlays(news: Arguments, clusters: Sequence[str] | None) -> Iterator[Failure]:
    """`clusters` is None where a preview does not know them all."""
    service = news.service
    components = service.components if service is not UNKNOWN else UNKNOWN
    parts = None if components is UNKNOWN else [one.name for one in components]
    given = {} if news.per_cluster is None or news.per_cluster is UNKNOWN else news.per_cluster
    for cluster, overlay in given.items():
        at = f"perCluster.{cluster}"
        if clusters is not None and cluster not in clusters:
            yield Failure(at, f"the deployment has no cluster {quoted(cluster)}{meant(cluster, clusters)}")
        elif overlay is not UNKNOWN and not isinstance(overlay, Mapping):
            yield Failure(at, "what a cluster has of its own is a map of components, as in `web: {replicas: 2}`")
        for name, values in overlay.items() if isinstance(overlay, Mapping) else ():
            if parts is not None and UNKNOWN not in parts and name not in parts:
                yield Failure(
                    f"{at}.{name}", f"the service has no component {quoted(name)}{meant(name, map(str, parts))}"
                )
            elif values is not UNKNOWN and not isinstance(values, Mapping):
                yield Failure(f"{at}.{name}", "the values of a component are a map, as in `replicas: 2`")


def _of_rollout(news: Arguments, main: object) -> Iterator[Failure]:
    at_once, percent = news.max_clusters_at_once, news.max_failures_percent
    if at_once is not None and at_once is not UNKNOWN and at_once < 1:
        yield Failure("maxClustersAtOnce", "at least one cluster has to be worked on at a time")
    if percent is not None and percent is not UNKNOWN and not 0 <= percent <= 100:
        yield Failure("maxFailuresPercent", "0 (the first failure stops) to 100 (none does) is possible")
    abandoned = () if news.abandon is None or news.abandon is UNKNOWN else news.abandon
    for index, name in enumerate(abandoned):
        if name is not UNKNOWN and name == main:
            yield Failure(
                f"abandon[{index}]",
                "it is the main cluster, and the deployment is forgotten with it: `pulumi state delete` does that",
            )
