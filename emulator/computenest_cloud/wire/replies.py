"""Whole answers, and a refusal in the form of each protocol that is spoken here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Send

from computenest_cloud.errors import ServiceError
from computenest_cloud.wire import xml

JSON = b"application/json"
XML = b"text/xml;charset=utf-8"
_JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    content_type: bytes = b"application/json;charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, send: Send) -> None:
        extra = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        size = str(len(self.body)).encode()
        headers = [(b"content-type", self.content_type), (b"content-length", size), *extra]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def of_product(failure: ServiceError, request_id: str, host: str, *, is_xml: bool = False) -> Reply:
    """What the products' gateway answers. fact: wire-013, wire-034"""
    body = {
        "RequestId": request_id,
        "HostId": host,
        "Code": failure.code,
        "Message": failure.message,
        "Recommend": f"https://api.aliyun.com/troubleshoot?q={failure.code}&requestId={request_id}",
        **failure.more,
    }
    return _product(failure.status, "Error", body, failure.headers, is_xml=is_xml)


def answer_of_product(action: str, body: Mapping[str, Any], request_id: str, *, is_xml: bool) -> Reply:
    return _product(200, f"{action}Response", {**body, "RequestId": request_id}, {}, is_xml=is_xml)


def _product(status: int, root: str, body: Mapping[str, Any], headers: Mapping[str, str], *, is_xml: bool) -> Reply:
    if is_xml:
        return Reply(status, xml.document(root, body), XML, headers)
    return Reply(status, _JSON.encode(body).encode(errors="replace"), headers=headers)


def of_control(failure: ServiceError) -> Reply:
    return Reply(failure.status, json.dumps({"error": failure.message}).encode(), JSON)
