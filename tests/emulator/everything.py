"""One story in which every action of the cloud is asked for, by whatever client: story.yaml says who asks what, and
what is refused here because it would need more than this story has (a pushed image).

`Teller` is given a client (clients.py) and keeps every answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from computenest.cloud.wire import flatten
from computenest_cloud.services import kinds
from emulator import offers
from emulator.clients import REGION, Keys, Refused, Request
from emulator.harness import Cloud

VERSIONS = {product.name: product.version for kind in kinds().values() for product in kind.products}
STORY = Path(__file__).with_name("story.yaml")


class Teller:
    def __init__(self, cloud: Cloud, client: Callable[[Keys, Request], dict[str, Any]]) -> None:
        self.cloud = cloud
        self._client = client
        self._known: dict[str, Any] = {}
        self.answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.refusals: dict[tuple[str, str], str] = {}

    def tell(self) -> None:
        story = yaml.safe_load(STORY.read_text("utf-8"))
        given = {"customer": self.cloud.uid("customer"), "operations": offers.OPERATIONS, "upgrades": offers.UPGRADES}
        self._known = {**given, **story["given"]}
        self._steps(story["steps"], "")

    def _steps(self, steps: Iterable[Mapping[str, Any]], its: str) -> None:
        for step in steps:
            for words, given in step.items():
                self._step(words.split(), given, its)

    def _step(self, words: list[str], given: Any, its: str) -> None:
        """`its`: the product and account that a part of the story is told of."""
        keeps = [word.split("=") for word in words if "=" in word]
        match [word for word in words if "=" not in word]:
            case ["as", who]:
                self._steps(given, who)
                return
            case ["advance"]:
                self.cloud.advance(given)
                return
            case ["fault"]:
                self.cloud.fault(**given)
                return
            case ["upload"]:
                self._known[given] = offers.upload(self.cloud)
                return
            case ["control", method, path]:
                answer = self.cloud.control(method, path, self._filled(given))
            case ["refused", who, *actions]:
                for action in actions:
                    self._refused(who, action, given)
                return
            case [who, *actions]:
                for action in actions:
                    answer = self._ask(its if who == "its" else who, action, given)
        for name, place in keeps:
            steps = (int(part) if part.isdigit() else part for part in place.split("."))
            self._known[name] = reduce(lambda value, key: value[key], steps, answer)

    def _filled(self, value: Any, *, is_text: bool = False) -> Any:
        """With what is known by `$name`."""
        if isinstance(value, dict):
            return {key: self._filled(held, is_text=is_text) for key, held in value.items()}
        if isinstance(value, list):
            return [self._filled(held, is_text=is_text) for held in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        found = self._filled(self._known[value[1:]]) if value[1:] in self._known else value
        return found if isinstance(found, str) or not is_text else json.dumps(found)

    def _ask(self, who: str, action: str, given: Mapping[str, Any]) -> dict[str, Any]:
        service, _, account = who.partition("@")
        where = Keys(self.cloud.endpoint, *self.cloud.keys(account or "supplier"))
        params = {"RegionId": REGION, **flatten(self._filled(given, is_text=True))}
        answer = self._client(where, Request(VERSIONS[service], action, params))
        self.answers.setdefault((service, action), []).append(answer)
        return answer

    def _refused(self, who: str, action: str, given: Mapping[str, Any]) -> None:
        try:
            self._ask(who, action, given)
        except Refused as failure:
            self.refusals[who, action] = failure.code
            return
        raise AssertionError(f"{who} {action} was not refused")
