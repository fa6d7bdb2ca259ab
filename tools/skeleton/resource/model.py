"""What a widget is: as it is wanted, as the state records it, and as the cloud shows it.

Source of the API's fields: docs/cloud (say which section).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Generic, NewType

from pydantic import Field

from computenest.kernel.fields import Computed
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.unknown import U
from computenest.kernel.values import Values

WidgetId = NewType("WidgetId", str)

AVAILABLE = "Available"
DEFAULT_SIZE = 1
DEFAULT_TIMEOUT_S = 1800


class Inputs(Values, Generic[U]):
    """Checked inputs: nothing that has a default is left out."""

    owner_id: OwnerId = OwnerId("")
    generation: Annotated[
        int, Computed("1, and one more for each replacement.", is_always_shown=False, is_internal=True)
    ] = 1
    name: str | U = ""
    size: int | U = DEFAULT_SIZE
    tags: Mapping[str, str | U] | U = Field(default_factory=dict)
    account: AccountName = AccountName("")
    timeout_s: int | U = DEFAULT_TIMEOUT_S


class State(Inputs[U], Generic[U]):
    """With what the provider finds out."""

    widget_id: Annotated[str | U, Computed("The widget's id in the cloud.")] = ""
    status: Annotated[
        str | U, Computed("As the cloud says: Creating, Available, …; Incomplete after a failed run.")
    ] = ""
    reasons: Annotated[
        Mapping[str, str] | U, Computed("Why it is not as wanted; empty where it is.", is_always_shown=False)
    ] = Field(default_factory=dict)
    incarnation: Annotated[
        int,
        Computed(
            "How often a create has taken it over; 0 while nobody has seen it.",
            is_always_shown=False,
            is_internal=True,
        ),
    ] = 1


@dataclass(frozen=True, slots=True)
class Widget:
    """What the cloud shows."""

    widget_id: WidgetId
    name: str
    status: str
    size: int
    tags: Mapping[str, str]
