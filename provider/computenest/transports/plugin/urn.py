"""What a URN says: `urn:pulumi:stack::project::parentType$type::name`."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.domain.errors import Invalid
from computenest.domain.identity import mint_owner_id
from computenest.domain.names import OwnerId

__all__ = ["NO_ORGANIZATION", "Urn", "parse_urn"]

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
