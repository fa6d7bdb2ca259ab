"""What is special about `DeliveryInstallation`; the laws of every type run over `subject.CASES` (tests/lifecycle)."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.errors import Invalid, Transient
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._delivery.clusterfile import Clusterfile, Override, read_clusterfile
from computenest.resources._delivery.completeness import Used
from computenest.resources._delivery.delivered import Application, Delivered, values_of
from computenest.resources._delivery.places import Place
from computenest.resources.delivery_installation.check import check
from computenest.resources.delivery_installation.declaration import Arguments
from computenest.resources.delivery_installation.model import NOT_THERE
from computenest.resources.delivery_installation.wishes import image_places, pulled_elsewhere, unfit, wanted_releases
from computenest.serve.lifecycles import served
from lifecycle.driver import Failed
from lifecycle.lives import LIVES
from resources.delivery_installation.subject import DeliveryInstallationSubject, image, package

SITE = "registry.site-a.example:5000/shop"
WEB: dict[str, Any] = {"chart": "web", "value": "image", "image": "acme/web:1"}
GIVEN: dict[str, Any] = {
    "ownerId": "o-1",
    "logicalName": "shop",
    "cluster": {"name": "main"},
    "package": "registry.example.com/pkg/shop:1-1",
    "registry": {"address": SITE},
}


def checked(**more: Any) -> Any:
    return check(None, Arguments.model_validate({**GIVEN, **more}), replaced=None)


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"package": " "}, "package", "says nothing"),
        ({"verify": ""}, "verify", "leave it out"),
        ({"clusterfile": " "}, "clusterfile", "leave it out"),
        ({"namespace": "A b"}, "namespace", "lower-case"),
        ({"history": 0}, "history", "1 to 100"),
        ({"labels": {"computenest.aliyun.com/x": "y"}}, "labels['computenest.aliyun.com/x']", "ours"),
        ({"configuration": {"web": 3}}, "configuration.web", "are a map"),
        ({"registry": {"address": "registry"}}, "registry.address", "its host"),
        ({"registry": {"address": "https://r.example.com"}}, "registry.address", "its host"),
        ({"registry": {"address": SITE, "username": "u"}}, "registry", "both, username and password"),
        ({"registry": None, "images": [WEB]}, "images", "there is none"),
        ({"images": [{"chart": "web", "value": "image"}]}, "images[0].image", "which image?"),
        ({"images": [{**WEB, "value": "a..b"}]}, "images[0].value", "keys and dots"),
        ({"images": [WEB, {**WEB, "part": "tag"}]}, "images[1].value", "images[0] is the same"),
    ],
)
def test_a_bad_input_is_refused_at_its_path(given: dict[str, Any], path: str, said: str) -> None:
    (failure,) = checked(**given).failures
    assert failure.path == path
    assert said in failure.reason


@pytest.mark.parametrize(
    ("given", "clusterfile", "path", "said"),
    [
        ({"configuration": {"wbe": {}}}, Clusterfile(), "configuration.wbe", "did you mean 'web'?"),
        ({"images": [{**WEB, "chart": "nothing"}]}, Clusterfile(), "images[0].chart", "it has db, web"),
        ({"images": [{**WEB, "image": "acme/web:2"}]}, Clusterfile(), "images[0].image", "did you mean"),
        ({}, Clusterfile(launched=("web", "wbe")), "clusterfile", "did you mean 'web'?"),
        (
            {},
            Clusterfile((Override("Config a", "application/apps/web/templates/a.yaml", "merge", {}),)),
            "clusterfile",
            "no file of values; it can be application/apps/db/values.yaml",
        ),
    ],
)
def test_what_the_package_does_not_have_is_refused(
    given: dict[str, Any], clusterfile: Clusterfile, path: str, said: str
) -> None:
    (failure,) = unfit(checked(**given).inputs, package("shop-1"), clusterfile)
    assert failure.path == path
    assert said in failure.reason


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (None, f"{SITE}/acme/web:1"),
        ("reference", f"{SITE}/acme/web:1"),
        ("pinned", f"{SITE}/acme/web:1@{{digest}}"),
        ("repository", f"{SITE}/acme/web"),
        ("registry", SITE),
        ("name", "acme/web"),
        ("tag", "1"),
        ("digest", "{digest}"),
    ],
)
def test_a_value_names_the_image_in_the_clusters_registry(part: str | None, text: str) -> None:
    found = package("shop-1")
    named = [{**WEB, "value": r"web.my\\.image.ref".replace("\\\\", "\\"), **({"part": part} if part else {})}]
    inputs = checked(images=named, configuration={"web": {"size": 3}}, namespace="shop").inputs
    db, web = wanted_releases(inputs, found, Clusterfile())
    digest = found.images[1].root.digest
    assert web.values == {"size": 3, "web": {"my.image": {"ref": text.format(digest=digest)}}}
    assert (db.component, db.values, db.namespace) == ("db", {}, "shop")


def test_every_chart_is_brought_as_the_program_says() -> None:
    given = {"crds": "apply", "conflicts": "force", "drift": "repair", "onFailure": "stop", "adopt": True, "history": 3}
    for wish in wanted_releases(checked(**given, labels={"a": "b"}).inputs, package("shop-1"), Clusterfile()):
        policy = wish.policy
        assert (policy.definitions, policy.conflicts) == ("apply", "force")
        assert (policy.drift, policy.on_failure, policy.adopts) == ("repair", "stop", True)
        assert (policy.history, policy.labels) == (3, {"a": "b"})


def test_an_unknown_value_leaves_the_other_charts_known() -> None:
    inputs = checked(configuration={"web": UNKNOWN}).inputs
    db, web = wanted_releases(inputs, package("shop-1"), Clusterfile())
    assert db.values == {}
    assert web.values is UNKNOWN


def test_an_image_that_is_named_by_its_digest_gets_a_tag_that_says_it() -> None:
    pinned = image("acme/web@sha256:" + "a" * 64)
    inputs = checked().inputs
    (place,) = image_places(inputs, Delivered("d", images=(pinned,)))
    assert (place.repository, place.tag) == (f"{SITE}/acme/web", "sha256-" + "a" * 64)


@pytest.mark.parametrize(
    ("named", "mirrored", "said"),
    [
        (f"{SITE}/acme/web:1", [], None),
        (f"{SITE}/acme/web:1@sha256:abc", [], None),
        ("acme/web:1", [], "from elsewhere"),
        ("docker.io/acme/web:1", [], "from elsewhere"),
        ("acme/web:1", ["acme/*"], None),
        ("acme/web:2", [], None),  # nobody packed it: whoever made the package said so
        (f"{SITE}/acme/web:2", [], "does not bring there"),
    ],
)
def test_an_image_that_pods_would_pull_from_elsewhere_is_refused(
    named: str, mirrored: list[str], said: str | None
) -> None:
    used = [Used(named, "web", "Deployment shop/web", "spec.template.spec.containers[0].image")]
    found = list(pulled_elsewhere(checked(mirrored=mirrored).inputs, package("shop-1"), used))
    assert [said in one.reason and "Deployment shop/web" in one.reason for one in found] == [True] * (said is not None)


CONFIG = """
apiVersion: sealer.io/v1
kind: Config
metadata: {name: sizes}
spec:
  appName: web
  path: values.yaml
  strategy: merge
  data: |
    size: 3
"""


def test_a_clusterfile_says_what_is_put_over_values() -> None:
    application = """
apiVersion: sealer.io/v2
kind: Application
spec:
  launchApps: [web]
  configs: [{name: db, launch: {cmds: [ls]}, files: [{path: values.yaml, data: "a: 1"}]}]
"""
    cluster = "apiVersion: sealer.io/v2\nkind: Cluster\nspec: {image: a}\n"
    kubeadm = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\n"
    found = read_clusterfile("---\n".join((cluster, CONFIG, application, kubeadm)))
    assert found.overrides == (
        Override("Config sizes", "application/apps/web/values.yaml", "merge", {"size": 3}),
        Override("document 3, db", "application/apps/db/values.yaml", "overwrite", {"a": 1}),
    )
    assert found.launched == ("web",)
    assert [one.partition(" (")[0] for one in found.left_out] == [
        "`launch` and `env` of db in document 3 count for nothing here: helm installs charts",
        "document 4",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CONFIG.replace("sealer.io/v1", "sealer.cloud/v2"), "'sealer.cloud/v2': sealer.io/v1 is what is read"),
        (CONFIG.replace("sealer.io/v1", "sealer.io/v2"), "sealer.io/v1 is what is read"),
        (CONFIG.replace("kind: Config", "kind: Confg"), "'Confg': no kind"),
        (CONFIG.replace("merge", "patch"), "the strategy 'patch' is none"),
        (CONFIG.replace("  path: values.yaml\n", "  process: toSecret\n  path: a\n"), "`process`"),
        (CONFIG.replace("  path: values.yaml\n", ""), "`path` is missing"),
        (CONFIG.replace("size: 3", "[3]"), "its data is no map"),
        (CONFIG.replace("  data: |\n    size: 3\n", ""), "`data` is missing"),
        ("{", "no YAML"),
        ("- a", "no map"),
    ],
)
def test_a_clusterfile_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_clusterfile(text)
    assert refused.value.path == "clusterfile"
    assert said in str(refused.value)


OF_CHART, OF_PACKAGE = "application/apps/web/values.yaml", "application/values/web.yaml"


@pytest.mark.parametrize(
    ("path", "strategy", "values"),
    [
        (OF_CHART, "merge", {"web": {"size": 3, "tag": "2"}}),  # what the package gives lies above its chart
        (OF_CHART, "overwrite", {"web": {"size": 3, "tag": "2", "port": None}, "other": None}),
        (OF_PACKAGE, "merge", {"web": {"size": 3, "tag": "2"}}),
        (OF_PACKAGE, "overwrite", {"web": {"size": 3}}),
    ],
)
def test_merge_and_overwrite_are_as_if_the_file_were_written(path: str, strategy: str, values: dict[str, Any]) -> None:
    defaults = {"web": {"size": 1, "tag": "1", "port": 80}, "other": True}
    application = Application("web", "/web", "1", values={"web": {"tag": "2"}}, defaults=defaults)
    override = Override("Config a", path, strategy, {"web": {"size": 3}})
    assert values_of(application, (override,)) == values


@pytest.mark.parametrize("transport", LIVES)
def test_another_tag_of_that_name_is_not_moved_and_nothing_is_installed(transport: str) -> None:
    subject = DeliveryInstallationSubject()
    subject.registries.tags[f"{SITE}/acme/web"] = {"1": "sha256:others"}
    life = LIVES[transport](subject)
    with pytest.raises(Failed, match="sha256:others, which this installation did not put there"):
        life.up(subject.news(1))
    assert subject.cluster.releases == {}
    assert subject.registries.tags[f"{SITE}/acme/web"] == {"1": "sha256:others"}


@pytest.mark.parametrize("transport", LIVES)
def test_two_installations_leave_each_others_images(transport: str) -> None:
    subject = DeliveryInstallationSubject()
    lives = [LIVES[transport](subject), LIVES[transport](subject)]
    news = [{**subject.news(1), "ownerId": f"o-{name}", "namespace": name} for name in ("a", "b")]
    for life, given in zip(lives, news, strict=True):
        life.up(given)
    lives[0].destroy()
    assert sorted(subject.cluster.releases) == ["b/db", "b/web"]
    assert "1" in subject.registries.tags[f"{SITE}/acme/web"]
    lives[1].destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
def test_images_move_to_another_registry_after_the_charts_do(transport: str) -> None:
    subject = DeliveryInstallationSubject()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    life.up({**subject.news(1), "registry": {"address": "other.example.com"}})
    assert sorted(place for place, there in subject.registries.tags.items() if there) == [
        "other.example.com/acme/db",
        "other.example.com/acme/web",
    ]
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
def test_an_image_that_the_registry_lost_is_brought_again(transport: str) -> None:
    subject = DeliveryInstallationSubject()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    subject.registries.tags[f"{SITE}/acme/web"].clear()
    life.refresh()
    assert life.up(subject.news(1)) == "update"
    assert "1" in subject.registries.tags[f"{SITE}/acme/web"]
    assert life.up(subject.news(1)) == "same"


def test_a_package_that_the_same_program_brings_need_not_be_there_yet() -> None:
    subject = DeliveryInstallationSubject()
    lifecycle = subject.lifecycle()

    async def nobody(**_: Any) -> Any:
        raise Invalid("registry.example.com has no pkg/shop:1-1", path="package")

    lifecycle._use().packages.look = nobody  # type: ignore[method-assign]
    news = {**subject.news(1), "package": "registry.example.com/pkg/shop:1-1"}
    refused = subject.run(served(lifecycle).check({}, news))
    assert [one.path for one in refused.failures] == ["package"]
    lifecycle.core.bringing.add(news["package"])
    expected = subject.run(served(lifecycle).check({}, news))
    assert expected.failures == ()
    assert expected.inputs["digest"] == NOT_THERE
    with pytest.raises(Failed, match="has no pkg/shop"):
        subject.run(served(lifecycle).create(expected.inputs))
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
def test_a_package_that_cannot_be_asked_for_stands_in_no_ones_way_while_nothing_is_new(transport: str) -> None:
    """Its registry may be the vendor's, and far away."""
    subject = DeliveryInstallationSubject()
    life = LIVES[transport](subject)
    life.up(subject.news(1))
    lifecycle = subject.lifecycle()

    async def silent(**_: Any) -> Any:
        raise Transient("registry.example.com does not answer")

    lifecycle._use().packages.look = silent  # type: ignore[method-assign]
    same = subject.run(served(lifecycle).check(life.inputs, subject.news(1)))
    assert (same.failures, same.inputs["rollout"]) == ((), life.inputs["rollout"])
    assert "is taken for what the last run installed" in same.warnings[0]
    other = subject.run(served(lifecycle).check(life.inputs, subject.news(2)))
    assert [one.path for one in other.failures] == ["package"]


def test_a_place_never_shows_its_login() -> None:
    registry = {"address": SITE, "username": "robot", "password": "hunter2-hunter2"}
    for place in image_places(checked(registry=registry).inputs, package("shop-1")):
        assert isinstance(place, Place)
        assert "hunter2" not in repr(place)
