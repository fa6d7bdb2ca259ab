"""Findings as SARIF 2.1.0, which code hosts show at the line of a pull request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from computenest.domain.template.lint import RULES, Finding

__all__ = ["to_sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(findings: Iterable[Finding], *, version: str = "") -> dict[str, Any]:
    """One run of `computenest template lint`."""
    driver: dict[str, Any] = {
        "name": "computenest template lint",
        "rules": [
            {"id": rule, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}
            for rule, (level, text) in RULES.items()
        ],
    }
    if version:
        driver["version"] = version
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
                    "artifactLocation": {"uri": quote(finding.file.replace("\\", "/"))},
                    "region": {"startLine": finding.line},
                },
                "logicalLocations": [{"fullyQualifiedName": finding.path}] if finding.path else [],
            }
        ],
    }
