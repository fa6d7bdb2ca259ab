"""What a service of the cloud is: one folder in `services/`, and one line in the list there (`services/__init__.py`).

The folder's `service.py` has a `Service`, named `SERVICE`, which says what the folder brings: actions and the products
that they belong to, tables, ledger lines, counts, control plane calls, a protocol of its own. Beside it lie, and are
found by their names, `facts/*.yaml` (rules with their switches) and `console.html` (a section of the console page).
What other services may use stands in the folder's `seam.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from starlette.types import Receive, Scope, Send

from computenest_cloud.doors import Door, Doors
from computenest_cloud.errors import ServiceError
from computenest_cloud.networks import Place
from computenest_cloud.store.records import Account
from computenest_cloud.store.tables import TableKind
from computenest_cloud.traffic import Traffic
from computenest_cloud.wire.replies import Reply
from computenest_cloud.world import Handler, World

T = TypeVar("T")
Actions = Mapping[str, Handler]
ControlCalls = Mapping[tuple[str, str], Callable[[Any], Any]]
"""Method and path below `/_cloud/` -> what it does with the JSON body."""


@dataclass(frozen=True)
class Product:
    """An API that the products' gateway serves.

    `name`: in calls, fault rules and the call log. `version`: what clients send, and what tells the product. `codes`:
    what the location service's clients call it. `mismatch`: the code of a ClientToken that comes with other parameters.
    """

    name: str
    version: str
    codes: tuple[str, ...] = ()
    mismatch: str = "IdempotentParameterMismatch"  # fact: wire-021


class Front(ABC):
    """A protocol of a service's own, beside that of the products' gateway."""

    @abstractmethod
    def takes(self, scope: Scope, door: Door) -> bool:
        """Whether a request that came in by this door speaks it."""

    @abstractmethod
    async def serve(
        self, scope: Scope, receive: Receive, send: Send, *, place: Place, door: Door, request_id: str
    ) -> None:
        """Answers one request. Raises `Unreachable` where there is no way, `ConnectionResetError` where nobody is."""

    @abstractmethod
    def refusal(self, scope: Scope, failure: ServiceError, *, request_id: str, host: str) -> Reply:
        """An error as this protocol's clients expect it."""


@dataclass
class Site:
    """What a service is built on. `put` and `part`: what earlier services of the list have for later ones."""

    world: World
    doors: Doors
    traffic: Traffic
    state: Path  # the state file; what is no record lies beside it
    save: Callable[[], None]
    _parts: dict[type, Any] = field(default_factory=dict)

    def put(self, part: T) -> T:
        self._parts[type(part)] = part
        return part

    def part(self, kind: type[T]) -> T:
        """Raises `KeyError`: no service before this one in the list has it."""
        found: T = self._parts[kind]
        return found


class Service:
    """A service without anything; each has what it has."""

    products: ClassVar[tuple[Product, ...]] = ()
    codes: ClassVar[tuple[str, ...]] = ()  # as the location service's clients call what is no product of the gateway's
    tables: ClassVar[tuple[TableKind[Any], ...]] = ()
    faults: ClassVar[frozenset[str]] = frozenset()  # kinds of effects that it asks fault rules for itself

    def __init__(self, site: Site) -> None:
        self.site = site
        self.world = site.world

    # --- what it does for clients

    def actions(self) -> Mapping[str, Actions]:
        """By the name of the product; several services may have some of one."""
        return {}

    def front(self) -> Front | None:
        return None

    def has(self, object_id: str) -> bool | None:
        """Whether what a ClientToken made is still there; None: it is none of this service's."""
        del object_id
        return None

    # --- what it shows

    def control(self) -> ControlCalls:
        return {}

    def ledger(self, account: Account) -> Mapping[str, Any]:
        """What the account made and has not cleaned up (`…_outstanding`: must be empty at the end), and counts."""
        del account
        return {}

    def totals(self) -> Mapping[str, Any]:
        """Lines of the ledger that belong to no account."""
        return {}

    def counts(self) -> Mapping[str, int]:
        """How much there is, for the control plane's status."""
        return {}

    def console(self) -> Mapping[str, Any]:
        """What the folder's `console….html` show, by the names that they use; they are its own. Rows may be given as
        what makes them, where a page that does not show them should not wait for them."""
        return {}

    # --- its life

    def seed(self) -> None:
        """Puts there what is there from the beginning: at the first start, and after a reset."""

    def resume(self) -> None:
        """After a start: mends records of an older version, and lets go on what was under way."""

    def reload(self) -> None:
        """Makes anew what is derived from records, after these were undone."""

    def saved(self) -> None:
        """After each commit."""

    def stop(self) -> None:
        """Ends processes: before a reset, and at the end."""

    def forget(self) -> None:
        """After a reset has emptied the tables."""
