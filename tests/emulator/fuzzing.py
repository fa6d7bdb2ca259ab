"""Requests that nobody's client sends: every action, with parameters of the SDK's types and hostile values.

What is sent is a function of the seed. Parameters come from the official SDK's request models: their names and types,
nested structures, lists, and texts that are JSON; some values are what the cloud itself gave out before, so that a
request gets as far as it can, and some are hostile: no numbers, no JSON, no encoding, too deep, too long, of another
type.
"""

from __future__ import annotations

import hashlib
import inspect
import itertools
import json
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

from computenest.cloud.wire import flatten
from emulator.harness import Cloud
from emulator.hostile import DOCUMENTS, NAMES, TEXTS, VALUES
from emulator.sdk_fields import model_of, types_of, wire_names
from served import Answer

OWNERS = {"computenest-user": "customer", "eci": "customer", "ros": "customer"}
GUESSES = ("a", "web", "cn-hangzhou", "draft", "1", "ROS")
DOCUMENT_SHARE = 5  # of an action that takes documents, to one that does not
LEARNT = ("Id", "Name", "Version", "Token", "Status")
ACCOUNTS = ("supplier", "customer", "stranger", "hub")


@dataclass(frozen=True)
class Sent:
    """One request, in full: enough to send it again."""

    account: str
    version: str
    action: str
    params: Mapping[str, str]
    is_form: bool

    def __str__(self) -> str:
        shown = {
            name: value if len(value) < 400 else f"{value[:400]}… ({len(value)})" for name, value in self.params.items()
        }
        return f"{self.account} {self.version} {self.action} {shown!a}"


def signed(cloud: Cloud, sent: Sent) -> tuple[str, bytes, dict[str, str]]:
    """Path, body and headers, as the SDKs sign it: they would refuse to send most of these themselves."""
    text = urlencode(sent.params, errors="surrogatepass", quote_via=quote, safe="~")
    query, body = ("", text.encode()) if sent.is_form else (f"?{text}" if text else "", b"")
    request, (key, secret) = DaraRequest(), cloud.keys(sent.account)
    request.method, digest = "POST", hashlib.sha256(body).hexdigest()
    request.query = {} if sent.is_form else {k: v.encode(errors="replace").decode() for k, v in sent.params.items()}
    request.headers = {
        "host": cloud.endpoint,
        "x-acs-action": sent.action,
        "x-acs-content-sha256": digest,
        "x-acs-date": Utils.get_timestamp(),
        "x-acs-signature-nonce": Utils.get_nonce(),
        "x-acs-version": sent.version,
    } | ({"content-type": "application/x-www-form-urlencoded"} if sent.is_form else {})
    request.headers["Authorization"] = Utils.get_authorization(request, "ACS3-HMAC-SHA256", digest, key, secret)
    return f"/{query}", body, request.headers


def send(cloud: Cloud, sent: Sent) -> Answer:
    return cloud.send("POST", *signed(cloud, sent))


def request_model(service: str, action: str) -> type | None:
    """None where no SDK is here, or it does not have the action."""
    return model_of(service, f"{action}Request")


@cache
def _texts(service: str, action: str) -> Mapping[str, str]:
    """Which fields of a request travel as one JSON text: attribute -> wire name."""
    shrunk = model_of(service, f"{action}ShrinkRequest")
    names = {} if shrunk is None else wire_names(shrunk)
    return {name.removesuffix("_shrink"): wire for name, wire in names.items() if name.endswith("_shrink")}


@cache
def _required(model: type) -> frozenset[str]:
    """The fields that the model's own comments call required."""
    source = inspect.getsource(model.__init__)
    parts = re.split(r"^ +self\.(\w+) = \w+$", source, flags=re.MULTILINE)
    return frozenset(name for said, name in itertools.pairwise(parts) if "This parameter is required" in said)


def _takes_documents(service: str, action: str) -> bool:
    model = request_model(service, action)
    return model is not None and not DOCUMENTS.keys().isdisjoint(wire_names(model).values())


@dataclass
class Fuzzer:
    """`known`: wire name of a parameter -> values that the cloud gave out; `learn` takes more from its answers."""

    random: Random
    actions: Mapping[str, tuple[str, tuple[str, ...]]]  # service -> its version and actions
    known: dict[str, tuple[str, ...]]
    is_spoiling: bool = True  # false: what a client may send, every document whole

    def requests(self, count: int) -> Iterator[Sent]:
        """Every action in turn, so that none is left out whatever the count; those that take documents more often."""
        table = [
            (service, version, action)
            for service, (version, names) in self.actions.items()
            for action in names
            for _ in range(DOCUMENT_SHARE if _takes_documents(service, action) else 1)
        ]
        self.random.shuffle(table)
        for number in range(count):
            yield self._request(*table[number % len(table)])

    def parameters(self, service: str, action: str) -> dict[str, str]:
        model = request_model(service, action)
        return {} if model is None else flatten(self._fields(model, _texts(service, action)))

    def _request(self, service: str, version: str, action: str) -> Sent:
        flat = self.parameters(service, action)
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2))):
            name = self.random.choice(sorted(flat) or ["RegionId"])
            flat[name] = self.random.choice(TEXTS)
        if self.random.random() < 0.05:
            flat[self.random.choice(NAMES)] = "x"
        account = OWNERS.get(service, "supplier")
        if self.random.random() < 0.15:
            account = self.random.choice(ACCOUNTS)
        return Sent(account, version, action, flat, is_form=self.random.random() < 0.3)

    def _fields(self, model: type, texts: Mapping[str, str]) -> dict[str, Any]:
        made = self._model(model)
        found: dict[str, Any] = made.to_map()
        for attribute, wire_name in texts.items():
            if getattr(made, attribute, None) is not None:
                value = found.pop(wire_name, None) or (self._any() if self.is_spoiling else {})
                found[wire_name] = self._document(wire_name, value)
        for name, value in found.items():
            if isinstance(value, str) and name in DOCUMENTS and self.random.random() < 0.8:
                found[name] = self._document(name, DOCUMENTS[name])
        return found

    def _model(self, model: type) -> Any:
        names, often = wire_names(model), self.random.choice((0.1, 0.3, 0.7))
        chosen = {
            name: self._value(kind, names[name])
            for name, kind in types_of(model).items()
            if self.random.random() < self._chance(model, name, names[name], often)
        }
        return model(**chosen)

    def _chance(self, model: type, name: str, wire_name: str, often: float) -> float:
        """Without what an action needs, nothing behind its first check is reached."""
        if name in _required(model):
            return 0.98
        if wire_name in DOCUMENTS:
            return 0.8
        return 0.9 if wire_name in self.known and not wire_name.endswith("Token") else often

    def learn(self, body: Any) -> None:
        """Ids that an answer gave out are asked for later."""
        if isinstance(body, list):
            for entry in body:
                self.learn(entry)
        elif isinstance(body, dict):
            for key, value in body.items():
                if isinstance(value, str) and key.endswith(LEARNT) and value and key != "RequestId":
                    self.known[key] = (*self.known.get(key, ())[-7:], value)
                self.learn(value)

    def _value(self, kind: Any, name: str) -> Any:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is list:
            return [self._value(arguments[0], name) for _ in range(self.random.choice((0, 1, 1, 2)))]
        if origin is dict:
            return self._mutated(DOCUMENTS.get(name, {"a": 1}))
        if hasattr(kind, "to_map"):
            return self._model(kind)
        if kind is bool:
            return self.random.choice((True, False))
        if kind is int or kind is float:
            return self.random.choice((1, 2, 5, 10) if not self.is_spoiling else (0, 1, 2, 5, 10, 50, -1, 2**31, 2**63))
        return self.random.choice(self.known.get(name, GUESSES if self.is_spoiling else GUESSES[:2]))

    def _document(self, name: str, value: Any) -> str:
        mutated = self._mutated(DOCUMENTS.get(name, value))
        return mutated if isinstance(mutated, str) and self.random.random() < 0.5 else json.dumps(mutated)

    def _mutated(self, value: Any) -> Any:
        """A copy with up to three places of another kind."""
        copy = self._with_known(json.loads(json.dumps(value)))
        if not self.is_spoiling:
            return copy
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            copy = self._replaced(copy)
        return copy

    def _with_known(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: self.random.choice(self.known[key])
                if key in self.known and isinstance(held, str)
                else self._with_known(held)
                for key, held in value.items()
            }
        return [self._with_known(held) for held in value] if isinstance(value, list) else value

    def _replaced(self, value: Any) -> Any:
        if not isinstance(value, dict | list) or not value or self.random.random() < 0.2:
            return self._any()
        if isinstance(value, list):
            at = self.random.randrange(len(value))
            return [self._replaced(held) if number == at else held for number, held in enumerate(value)]
        chosen = self.random.choice(sorted(value))
        return {key: self._replaced(held) if key == chosen else held for key, held in value.items()}

    def _any(self) -> Any:
        return self.random.choice(VALUES)
