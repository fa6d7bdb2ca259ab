"""Bytes of bodies, as the clients' side sees them. What the registries themselves store is counted apart."""

from dataclasses import dataclass, field


@dataclass
class Traffic:
    received: dict[str, int] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)

    def add(self, where: dict[str, int], service: str, size_bytes: int) -> None:
        where[service] = where.get(service, 0) + size_bytes

    def report(self) -> dict[str, dict[str, int]]:
        return {"received_bytes": dict(self.received), "sent_bytes": dict(self.sent)}
