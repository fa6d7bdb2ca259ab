"""The engine's events (`pulumi up --json`, a streamed preview, an `--event-log`) as the document of a preview.

One event a line; a stream may hold a preview and then the update, of which the last run counts. An event's states are
those of the preview document under other names, a secret is an object of the engine's with a fixed key (pulumi's
apitype, as the engine 3.250 prints it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from computenest.kernel.bounded_json import read_json

_SEVERITIES = {"info", "warning", "error"}


def document_in(text: str) -> Any:
    """What a text holds: one JSON document, or a line of JSON for each event.

    Raises:
        ValueError: neither; the message is the parser's.
    """
    try:
        return read_json(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return document_of([read_json(line) for line in lines])


def document_of(events: Iterable[Any]) -> dict[str, Any]:
    """The last run among the events, as `pulumi preview --json` would have told it."""
    steps: dict[tuple[str, str], dict[str, Any]] = {}
    diagnostics: list[dict[str, Any]] = []
    for event in events:
        if not isinstance(event, Mapping):
            continue
        if event.get("sequence") == 0:
            steps, diagnostics = {}, []
        told = event.get("resOutputsEvent") or event.get("resourcePreEvent")
        metadata = told.get("metadata") if isinstance(told, Mapping) else None
        if isinstance(metadata, Mapping):
            step = _step(metadata)
            steps[(step["urn"], step["op"])] = step  # what came out, where it was told, instead of what was meant to
        diagnostic = event.get("diagnosticEvent")
        if isinstance(diagnostic, Mapping) and diagnostic.get("severity") in _SEVERITIES:
            message = f"{diagnostic.get('prefix') or ''}{diagnostic.get('message') or ''}"
            diagnostics.append({"severity": diagnostic["severity"], "message": message, "urn": diagnostic.get("urn")})
    return {"steps": list(steps.values()), "diagnostics": diagnostics}


def _step(metadata: Mapping[str, Any]) -> dict[str, Any]:
    named = {"oldState": metadata.get("old"), "newState": metadata.get("new")}
    states = {name: state for name, state in named.items() if isinstance(state, Mapping)}
    return {"op": str(metadata.get("op", "")), "urn": str(metadata.get("urn", "")), **states}
