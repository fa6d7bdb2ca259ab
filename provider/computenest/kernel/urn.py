"""What a URN says: `urn:pulumi:stack::project::parentType$type::name`; and whose the call of the engine at hand is."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace

from computenest.kernel.errors import Invalid
from computenest.kernel.identity import mint_owner_id
from computenest.kernel.names import OwnerId

CURRENT_URN: ContextVar[str] = ContextVar("computenest_urn", default="")
"""The resource that a call of the engine is about, "" where that cannot be told."""

NO_ORGANIZATION = "organization"
"""What engines without organizations (every file backend) call theirs."""


@dataclass(frozen=True, slots=True)
class Urn:
    """The parts of a URN; `type_token` is the resource's own, without its parents'."""

    stack: str
    project: str
    type_token: str
    name: str

    @property
    def type_name(self) -> str:
        """EcsImagePackage."""
        return self.type_token.rpartition(":")[2]

    def owner_id(self, organization: str) -> OwnerId:
        """The identity that the SDK for Python mints for the same resource (`pulumi_computenest.identity`)."""
        return mint_owner_id(
            organization=organization,
            project=self.project,
            stack=self.stack,
            type_token=self.type_name,
            name=self.name,
        )


def parse_urn(text: str) -> Urn:
    """Parses a URN; a name may itself contain `::`.

    Raises:
        Invalid: it is none.
    """
    head, *rest = text.split("::", 3)
    if not head.startswith("urn:pulumi:") or len(rest) != 3:
        raise Invalid(f"{text!r} is not a URN")
    project, types, name = rest
    return Urn(stack=head.removeprefix("urn:pulumi:"), project=project, type_token=types.rpartition("$")[2], name=name)


def current_stack() -> str:
    """`project/stack` of the current resource, "" where that cannot be told."""
    try:
        urn = parse_urn(CURRENT_URN.get())
    except Invalid:
        return ""
    return f"{urn.project}/{urn.stack}"


def sibling(name: str, own: OwnerId) -> OwnerId | None:
    """Whose identity a resource of the current one's type and stack has that is called `name`; None where that cannot
    be told: only the engine's name for a stack without organization is known here.

    Args:
        own: that of the current resource, which shows whether the rest of what it is made of is known.
    """
    try:
        urn = parse_urn(CURRENT_URN.get())
    except Invalid:
        return None
    return replace(urn, name=name).owner_id(NO_ORGANIZATION) if urn.owner_id(NO_ORGANIZATION) == own else None
