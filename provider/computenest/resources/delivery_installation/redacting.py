"""What is never shown of an installation: values that are concealed or speak of a secret, and the registry's login."""

from __future__ import annotations

from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.redacting import redactor_of as redactor_over
from computenest.resources.delivery_installation.model import Inputs


def redactor_of(*given: Inputs[Known] | Inputs[Unknown]) -> Redactor:
    """Over the values of now and of before."""
    values = redactor_over((UNKNOWN, one.configuration, one.concealed) for one in given).values
    passwords = [
        str(one.registry.password)
        for one in given
        if one.registry is not None and one.registry is not UNKNOWN and isinstance(one.registry.password, str)
    ]
    return Redactor(tuple(sorted({*values, *passwords} - {""}, key=lambda text: (-len(text), text))))
