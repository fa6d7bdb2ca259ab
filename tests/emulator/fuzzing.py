"""Requests that nobody's client sends: every action, with parameters of the SDK's types and hostile values.

What is sent is a function of the seed. Parameters come from the official SDK's request models: their names and types,
nested structures, lists, and texts that are JSON; some values are what the cloud itself gave out before, so that a
request gets as far as it can, and some are hostile: no numbers, no JSON, no encoding, too deep, too long, of another
type.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import inspect
import itertools
import json
import re
import typing
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from random import Random
from types import ModuleType
from typing import Any
from urllib.parse import quote

from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_cr20181201 import models as cr
from alibabacloud_eci20180808 import models as eci
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_location20150612 import models as location
from alibabacloud_market20151101 import models as market
from alibabacloud_ros20190910 import models as ros
from alibabacloud_sts20150401 import models as sts

from emulator.harness import Cloud
from emulator.hostile import DOCUMENTS, NAMES, TEXTS, VALUES

MODELS: Mapping[str, ModuleType] = {
    "bss": ModuleType("bss"),  # no SDK of it is here
    "computenest": nest,
    "computenest-user": user,
    "cr": cr,
    "eci": eci,
    "ecs": ecs,
    "location": location,
    "market": market,
    "ros": ros,
    "sts": sts,
}
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


class Wire:
    """Signs as the SDKs do, and sends on a connection that is kept: only so is it known whether it was kept."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.connection = http.client.HTTPConnection(cloud.handle["host"], cloud.handle["port"], timeout=60)

    def close(self) -> None:
        self.connection.close()

    def status(self) -> Any:
        self.connection.request("GET", "/_cloud/status", headers=self._cloud.token)
        answer = self.connection.getresponse()
        return json.loads(answer.read())

    def send(self, sent: Sent) -> tuple[int, bytes]:
        pairs = {name: _percent(value) for name, value in sent.params.items()}
        text = "&".join(f"{_percent(name)}={pairs[name]}" for name in sorted(pairs))
        query, body = ("", text.encode()) if sent.is_form else (text, b"")
        headers = self._signed(sent, query, body)
        self.connection.request("POST", f"/?{query}" if query else "/", body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def _signed(self, sent: Sent, query: str, body: bytes) -> dict[str, str]:
        keys = self._cloud.handle["accounts"][sent.account]
        digest = hashlib.sha256(body).hexdigest()
        headers = {
            "host": self._cloud.handle["endpoint"],
            "x-acs-action": sent.action,
            "x-acs-content-sha256": digest,
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-version": sent.version,
        } | ({"content-type": "application/x-www-form-urlencoded"} if sent.is_form else {})
        names = sorted(headers)
        lines = "".join(f"{name}:{headers[name]}\n" for name in names)
        canonical = "\n".join(("POST", "/", query, lines, ";".join(names), digest))
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(keys["access_key_secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
        claim = f"Credential={keys['access_key_id']},SignedHeaders={';'.join(names)},Signature={signature}"
        return headers | {"Authorization": f"ACS3-HMAC-SHA256 {claim}"}


def _percent(text: str) -> str:
    return quote(text, safe="~", errors="surrogatepass")


@cache
def request_model(service: str, action: str) -> tuple[type, Mapping[str, str]]:
    """The SDK's model of the request, and which of its fields travel as one JSON text: attribute -> wire name."""
    models = MODELS[service]
    shrunk = getattr(models, f"{action}ShrinkRequest", None)
    texts: dict[str, str] = {}
    if shrunk is not None:
        for name in typing.get_type_hints(shrunk.__init__):
            if name.endswith("_shrink"):
                texts[name.removesuffix("_shrink")] = _wire_names(shrunk)[name]
    return getattr(models, f"{action}Request"), texts


@cache
def _required(model: type) -> frozenset[str]:
    """The fields that the model's own comments call required."""
    source = inspect.getsource(model.__init__)
    parts = re.split(r"^ +self\.(\w+) = \w+$", source, flags=re.MULTILINE)
    return frozenset(name for said, name in itertools.pairwise(parts) if "This parameter is required" in said)


def _takes_documents(service: str, action: str) -> bool:
    model = getattr(MODELS[service], f"{action}Request", None)
    return model is not None and not DOCUMENTS.keys().isdisjoint(_wire_names(model).values())


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
        flat: dict[str, str] = {}
        if hasattr(MODELS[service], f"{action}Request"):
            for name, value in self._fields(service, action).items():
                flatten(name, value, flat)
        return flat

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

    def _fields(self, service: str, action: str) -> dict[str, Any]:
        model, texts = request_model(service, action)
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
        hints = {name: kind for name, kind in typing.get_type_hints(model.__init__).items() if name != "return"}
        wire_names = _wire_names(model)
        often = self.random.choice((0.1, 0.3, 0.7))
        chosen = {
            name: self._value(kind, wire_names[name])
            for name, kind in hints.items()
            if self.random.random() < self._chance(model, name, wire_names[name], often)
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


@cache
def _wire_names(model: type) -> Mapping[str, str]:
    empty, found = model().to_map(), {}
    for name, kind in typing.get_type_hints(model.__init__).items():
        if name != "return":
            made = model(**{name: _sample(kind)}).to_map()
            found[name] = next((key for key, value in made.items() if empty.get(key) != value), name)
    return found


def _sample(kind: Any) -> Any:
    if typing.get_origin(kind) is list:
        return [_sample(typing.get_args(kind)[0])]
    return kind() if hasattr(kind, "to_map") else "x"


def flatten(name: str, value: Any, into: dict[str, str]) -> None:
    """As the SDKs send structures."""
    if isinstance(value, dict):
        for key, held in value.items():
            flatten(f"{name}.{key}", held, into)
    elif isinstance(value, list):
        for number, held in enumerate(value, 1):
            flatten(f"{name}.{number}", held, into)
    elif value is not None:
        into[name] = str(value)
