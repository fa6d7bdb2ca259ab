"""`Widget`, as programs see it: they give what stands in `Arguments`, and get what stands in `State`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.fields import Given, Owner, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.unknown import Known, Maybe, Unknown
from computenest.kernel.values import Values
from computenest.resources.widget.model import Inputs, State


class Arguments(Values):
    """What a program gives."""

    logical_name: str = ""
    owner_id: Owner = OwnerId("")
    name: Annotated[
        Maybe[str] | None,
        Given("The widget's name, by default the resource's.", replaces=True, is_always_shown=True),
    ] = None
    size: Annotated[Maybe[int] | None, Given("How large it is; another size is set in place.")] = None
    tags: Annotated[Maybe[Mapping[str, Maybe[str]]] | None, Given("Tags of the widget.")] = None
    account: Annotated[
        AccountName | None, Given("A key of `computenest:accounts`: whose widget it is.", replaces=True)
    ] = None
    timeout_s: Annotated[
        Maybe[int] | None, Given("The longest that one operation may take, in seconds (default 1800).")
    ] = None


RESOURCE = Resource(
    "Widget",
    """A widget of the cloud. (Say here what it is, what a change of it does, and how it is imported.)""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
