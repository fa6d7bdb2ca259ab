"""Toys: made, found again, broken by a fault rule."""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.errors import ServiceError
from computenest_cloud.faults import Occasion
from computenest_cloud.service import Actions, ControlCalls, Product, Service
from computenest_cloud.store.records import Account, Record
from computenest_cloud.store.tables import TableKind
from computenest_cloud.tokens import replay_or_run
from computenest_cloud.world import Answer, Call


class Toy(Record):
    toy_id: str
    owner_uid: str
    name: str
    colour: str = ""  # an older version knew none

    @property
    def key(self) -> str:
        return self.toy_id


TOYS = TableKind("toys", Toy, group=lambda toy: toy.owner_uid)


class Toys(Service):
    products = (Product("toy", "2030-01-01", ("toyshop",), mismatch="TokenOfAnotherToy"),)
    tables = (TOYS,)
    faults = frozenset({"fail_toy"})

    def actions(self) -> Mapping[str, Actions]:
        return {"toy": {"CreateToy": self.create, "DescribeToy": self.describe}}

    def has(self, object_id: str) -> bool | None:
        return True if object_id in self.world.store[TOYS] else None

    def create(self, call: Call) -> Answer:
        name = call.params.required("Name")
        occasion = Occasion("toy", ("CreateToy",), call.account.name)
        if self.world.faults.take(occasion, frozenset({"fail_toy"})) is not None:
            raise ServiceError(400, "ToyBroken", "The toy broke while it was made.")
        if self.world.rules.position("toy.names") == "upper":
            name = name.upper()

        def run() -> Answer:
            toy = Toy(toy_id=self.world.mint.hex_id("toy"), owner_uid=call.account.uid, name=name)
            self.world.store[TOYS].add(toy)
            return Answer({"ToyId": toy.toy_id}, toy.toy_id)

        return replay_or_run(call, run)

    def describe(self, call: Call) -> Answer:
        toy = self.world.store[TOYS].get(call.params.required("ToyId"))
        if toy is None or toy.owner_uid != call.account.uid:
            raise ServiceError(404, "ToyNotFound", "The specified toy does not exist.")
        return Answer({"ToyId": toy.toy_id, "Name": toy.name, "Colour": toy.colour})

    def control(self) -> ControlCalls:
        return {("DELETE", "toys"): self.lose}

    def lose(self, body: Any) -> dict[str, Any]:
        self.world.store[TOYS].remove(str(body["toy_id"]))
        return {}

    def ledger(self, account: Account) -> Mapping[str, Any]:
        return {"toys_outstanding": [toy.toy_id for toy in self.world.store[TOYS].grouped(account.uid)]}

    def counts(self) -> Mapping[str, int]:
        return {"toys": len(self.world.store[TOYS])}

    def console(self) -> Mapping[str, Any]:
        return {"toys": list(self.world.store[TOYS])}

    def resume(self) -> None:
        for toy in self.world.store[TOYS]:
            toy.colour = toy.colour or "red"


SERVICE = Toys
