"""A package of images in an embedded cloud, in this process or over the wire: what a story may do to that cloud besides
running the provider."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from computenest.kernel.names import ArtifactId, RegionId, Token
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.model import CustomImage, DraftSpec
from emulator.harness import Cloud
from lifecycle.driver import HOME, custom
from lifecycle.lives import LIVES, Life
from lifecycle.subjects import ImageSubject

T = TypeVar("T")
SERVICE = "service-0000000000000000001"
MARKET = {"kind": "marketplace", "commodityCode": "cmjj00000001", "commodityVersion": "V1.0"}


class Asked:
    """The calls of a port, by hand."""

    def __init__(self, port: Any, run: Callable[[Coroutine[Any, Any, T]], T]) -> None:
        self._port, self._run = port, run

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        return lambda **options: self._run(method(**options))


class World(ImageSubject):
    """One cloud, and a resource of one stack in it.

    Args:
        lag_s: by how much lists of artifacts are behind.
    """

    def __init__(
        self,
        cloud: Cloud | None = None,
        *,
        transport: str = "plugin",
        switches: Mapping[str, Any] | None = None,
        lag_s: float = 0.0,
        latency_s: float = 0.0,
        is_asked: bool = False,
    ) -> None:
        super().__init__(cloud, switches=switches, latency_s=latency_s)
        self.is_asked = is_asked
        third = {"account": "supplier", "region": HOME, "name": "golden-web-3", "image_id": custom(3)["imageId"]}
        self.cloud.control("POST", "images", third)
        lag = {"match": {"action": "ListArtifacts"}, "effect": {"kind": "list_lag", "seconds": lag_s}}
        self._always = [lag] if lag_s else []
        self.cloud.faults(*self._always)
        self.artifacts: Any = Asked(CloudArtifacts(self.session.client), self.run)
        self.life: Life[World] = LIVES[transport](self)

    def plant(self, name: str, tags: dict[str, str]) -> ArtifactId:
        """An artifact that is not ours."""
        source = CustomImage.model_validate(custom(3))
        draft = DraftSpec(source=source, regions=(RegionId(HOME),), version_name="theirs")
        token = Token(f"theirs-{name}")
        made: ArtifactId = self.artifacts.create(name=name, draft=draft, tags=tags, resource_group_id=None, token=token)
        return made

    def lose(self, region: str) -> None:
        """The copy that the state records for `region` disappears from ECS."""
        lost = {"region": region, "image_id": self.life.state["images"][region]}
        self.cloud.control("DELETE", "images", lost)

    def fail_copy(self, region: str, reason: str) -> None:
        """The next copy to `region` fails."""
        self._fail("fail_copy", reason, match={"region": region})

    def fail_scan(self, reason: str) -> None:
        """The next security scan finds something."""
        self._fail("fail_scan", reason)

    def fail_build(self, reason: str, *printed: str) -> None:
        """The next managed build fails, and has printed this before."""
        self._fail("fail_build", reason, printed=printed)

    def _fail(
        self, kind: str, reason: str, *, match: Mapping[str, str] | None = None, printed: Sequence[str] = ()
    ) -> None:
        code, _, message = reason.partition(": ")
        effect = {"kind": kind, "code": code, "message": message, "log": list(printed)}
        self.cloud.faults(*self._always, {"match": dict(match or {}), "times": 1, "effect": effect})

    def associate(self, version: str) -> None:
        """A service uses this version of the package."""
        self.cloud.control("POST", "associations", self._use(version))

    def dissociate(self, version: str) -> None:
        """The service uses it no more."""
        self.cloud.control("DELETE", "associations", self._use(version))

    def _use(self, version: str) -> dict[str, str]:
        return {"artifact_id": self.life.state["artifactId"], "version": version, "service_id": SERVICE}

    def describe_by_hand(self, description: str) -> None:
        """Somebody edits the newest version's description in the console."""
        edit = {"artifact_id": self.life.state["artifactId"], "set": {"description": description}}
        self.cloud.control("POST", "artifacts/edit", edit)

    def copies(self) -> int:
        """Images that Compute Nest has made."""
        return int(self.cloud.ledger()["accounts"]["hub"]["images_created"])
