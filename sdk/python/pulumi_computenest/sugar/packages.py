"""What packages of every type have by hand."""

from __future__ import annotations

from typing import Any, ClassVar

import pulumi

from pulumi_computenest.declaration import Declaration, Prepared
from pulumi_computenest.identity import former_owners

__all__ = ["PackageSugar"]


class PackageSugar(Declaration):
    """A package: it is found again under the names that it had before."""

    _word: ClassVar[str] = "package"
    _also: ClassVar[tuple[str, ...]] = ("generation", "name")

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, given, opts)
        return given | former_owners(self._type, opts), opts
