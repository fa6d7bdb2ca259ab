"""Findings as SARIF 2.1.0, which code hosts show at the line of a pull request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from computenest.review.lint.lint import RULES, Finding

_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/@+,=")
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(findings: Iterable[Finding]) -> dict[str, Any]:
    """One run of `computenest template lint`."""
    driver: dict[str, Any] = {
        "name": "computenest template lint",
        "rules": [
            {"id": rule, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}
            for rule, (level, text) in RULES.items()
        ],
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(finding) for finding in findings]}],
    }


def _result(finding: Finding) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "level": finding.level,
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.file)},
                    "region": {"startLine": finding.line},
                },
                "logicalLocations": [{"fullyQualifiedName": finding.path}] if finding.path else [],
            }
        ],
    }


def _uri(file: str) -> str:
    """A file's name as a URI reference; the standard library's function lives beside its HTTP client."""
    name = file.replace("\\", "/").encode("utf-8", "replace")
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in name)
