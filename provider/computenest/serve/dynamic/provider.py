"""What every dynamic provider is: it hands the host's calls on, and has not a line of what they do.

The classes themselves stand where states name them (`transports/dynamic`). A program imports them to write that
reference and does no more with them, so what the operations need (`serving`, and with it the core) is imported in the
host, on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from computenest.serve.dynamic import stock  # noqa: F401 - mends the host as soon as it unpickles a provider
from computenest.serve.dynamic.call import refusing
from computenest.serve.dynamic.configuration import stack_configuration

if TYPE_CHECKING:
    from computenest.serve.dynamic.host import Host
    from computenest.serve.dynamic.serving import Serving


class Provider(ResourceProvider):
    """What every dynamic provider is: configured in the host, never before, and refusing in its own words."""

    type_name: ClassVar[str]
    """The resource's type: no part of what is pickled."""

    serialize_as_secret_always = False  # there is no secret in a reference to a class
    _config: Mapping[str, Any] | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Called in the host only, after unpickling: configuration never becomes part of the pickle."""
        self._config = stack_configuration(req.config)

    @refusing(lambda: CheckResult({}, []))
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return self._serving().check(olds, news)

    @refusing(DiffResult)
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return self._serving().diff(olds, news)

    @refusing(lambda: CreateResult("", {}))
    def create(self, props: dict[str, Any]) -> CreateResult:
        return self._serving().create(props)

    @refusing(lambda: UpdateResult({}))
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return self._serving().update(olds, news)

    @refusing(lambda: ReadResult("", {}))
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return self._serving().read(id_, props)

    @refusing(lambda: None)
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        self._serving().delete(props)

    def _host(self) -> Host:
        from computenest.serve.dynamic.host import host  # noqa: PLC0415 - in the host only

        return host(self._config or {})

    def _serving(self) -> Serving:
        from computenest.serve.dynamic.serving import Serving  # noqa: PLC0415 - in the host only

        return Serving(self.type_name, lambda: self._host())  # noqa: PLW0108 - a test puts its own in its place
