"""What holds for every type of resource, whatever it is: a new type's property test calls these on generated cases.

for former, wish in cases():
    inputs = checked(check, olds, wish)
    assert_check_is_idempotent(check, inputs, wish)
    assert_diffs_agree(diff(former, inputs), former, inputs)
    assert_kept(preview(preview, former), fact)
    assert_nothing_to_do(diff(fact, inputs))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from computenest.kernel.outcome import Checked, Difference
from computenest.kernel.unknown import UNKNOWN
from computenest.serve.plugin.detail import detail
from computenest.serve.shapes import top_level

Values = Mapping[str, Any]
Check = Callable[[Values, Values], Checked]
"""(old inputs, wish) -> checked inputs."""


def checked(check: Check, olds: Values, news: Values) -> dict[str, Any]:
    """The checked inputs of a wish that is in order."""
    found = check(olds, news)
    assert not found.failures, found.failures
    return dict(found.inputs)


def assert_check_is_idempotent(check: Check, inputs: Values, news: Values) -> None:
    """Checked again, after itself, a wish gives the inputs that it gave."""
    assert checked(check, inputs, news) == inputs


def assert_diffs_agree(difference: Difference, olds: Values, news: Values) -> None:
    """`detailedDiff` and `diffs` name the same keys (pulumi/pulumi#17858), and replace the same."""
    details = detail(difference, olds, news)
    assert {top_level(path) for path in details} == {*difference.changes, *difference.replaces}
    assert bool(details) == difference.has_changes
    for path, change in details.items():
        assert change.value.endswith("_REPLACE") == (top_level(path) in difference.replaces)


def assert_nothing_to_do(difference: Difference) -> None:
    """diff(x, x) is empty."""
    assert not difference.has_changes, difference
    assert not difference.changes
    assert not difference.replaces


def assert_kept(promise: Values, fact: Values, *, told: object = None) -> None:
    """`up` gives every value that the preview promised; `told` describes the case."""
    broken = contradictions({key: value for key, value in promise.items() if value is not None}, fact)
    assert not broken, (told, broken)


def contradictions(promise: Any, fact: Any, path: str = "") -> list[str]:
    """Where a promise is not what came about."""
    if promise is UNKNOWN:
        return []
    if isinstance(promise, Mapping) and isinstance(fact, Mapping):
        odd = [
            f"{path}.{key}: {promise.get(key)!r} / {fact.get(key)!r}"
            for key in sorted({*promise} ^ {*fact})
            if promise.get(key) is not UNKNOWN
        ]
        return odd + [
            c for key in promise if key in fact for c in contradictions(promise[key], fact[key], f"{path}.{key}")
        ]
    return [] if promise == fact else [f"{path}: {promise!r} / {fact!r}"]
