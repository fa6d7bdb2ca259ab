"""Which values of a component are never shown. Pure."""

from __future__ import annotations

from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known, Unknown
from computenest.resources._components.redacting import redactor_of
from computenest.resources.project_component.model import Inputs


def redactor_of_components(*given: Inputs[Unknown] | Inputs[Known] | None) -> Redactor:
    """Over the values of each that are concealed, or whose names speak of a secret."""
    return redactor_of(
        (one.definition, {}, tuple(f"{one.name}.{path}".rstrip(".") for path in one.concealed))
        for one in given
        if one is not None
    )
