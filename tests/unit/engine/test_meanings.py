"""Error codes are read in one table; everybody else branches on what they mean. Read off the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import computenest
from computenest.cloud.failures import TABLE, Call, Match, Refusal, Rule, failure_of, rule_of
from computenest.kernel.errors import Meaning
from lifecycle.refused import refused

PROVIDER = Path(computenest.__path__[0])
THE_TABLE = PROVIDER / "cloud" / "failures.py"
OTHERS = sorted(path for path in PROVIDER.rglob("*.py") if path != THE_TABLE)
ABOVE = [path for path in OTHERS if path.relative_to(PROVIDER).parts[0] != "cloud"]  # adapters name fields `code` too


def branches(tree: ast.AST) -> Iterator[ast.AST]:
    """Everything that decides by an error's code: comparisons, `startswith`, matches, look-ups."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts: list[ast.AST] = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            parts = [node.func.value]
        elif isinstance(node, ast.Match):
            parts = [node.subject]
        elif isinstance(node, ast.Subscript):
            parts = [node.slice]
        else:
            continue
        if any(isinstance(part, ast.Attribute) and part.attr == "code" for part in parts):
            yield node


def named(tree: ast.AST) -> Iterator[str]:
    """The table's codes, and what begins with one of a family, among the texts of a module that are no sentences."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or not node.value.strip("."):
            continue
        text = node.value
        families = (rule.code.rstrip(".") for rule in TABLE if rule.match is Match.FAMILY)
        if any(text == rule.code for rule in TABLE) or any(text.startswith(f"{family}.") for family in families):
            yield text


@pytest.mark.parametrize("path", ABOVE, ids=lambda path: str(path.relative_to(PROVIDER)))
def test_nobody_above_the_table_decides_by_a_code(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert [f"line {node.lineno}" for node in branches(tree) if isinstance(node, ast.expr | ast.stmt)] == []


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(PROVIDER)))
def test_nobody_but_the_table_names_a_code(path: Path) -> None:
    assert list(named(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "planted",
    [
        'if error.code.startswith(("EntityAlreadyExist.Draft", "x")): pass',
        'if "QuotaExceed" in error.code: pass',
        'if error.code in {"OperationDenied"}: pass',
        "match error.code:\n    case 'OperationDenied.X': pass",
        'found = {"Throttling.User": 1}[error.code]',
    ],
)
def test_these_readers_are_found(planted: str) -> None:
    tree = ast.parse(planted)
    assert list(branches(tree))
    assert list(named(tree))


def _an_example(rule: Rule) -> str:
    return rule.code if rule.match is Match.EXACT or not rule.code.endswith(".") else f"{rule.code}X"


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.code)
def test_an_error_has_the_meaning_of_its_row(rule: Rule) -> None:
    error = refused(_an_example(rule), "no")
    assert (type(error), error.meaning) == (rule.kind, rule.meaning)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("EntityAlreadyExist", Meaning.NAME_TAKEN),
        ("EntityAlreadyExist.Artifact", Meaning.NAME_TAKEN),
        ("EntityAlreadyExist.DraftService", Meaning.HAS_DRAFT),
        ("OperationDenied", Meaning.BUSY),
        ("OperationDenied.ArtifactAssociated", Meaning.IN_USE),
        ("OperationDenied.Anything", Meaning.BUSY),
        ("OperationDenied.InstanceStatus.Upgrading", Meaning.WRONG_STATUS),
        ("OperationDenied.ImageCopying", Meaning.COPYING),
        ("IncorrectImageStatus.Creating", Meaning.WRONG_STATUS),
        ("InvalidIdempotenceParameter.Mismatch", Meaning.TOKEN_REUSED),
        ("InvalidSecurityToken.Expired", Meaning.KEY_EXPIRED),
        ("Forbidden.RAM", Meaning.DENIED),
        ("QuotaExceed.Image", Meaning.OTHER),
        ("NeverHeardOf", Meaning.OTHER),
    ],
)
def test_meaning(code: str, meaning: Meaning) -> None:
    assert rule_of(code, status=400).meaning is meaning


def test_every_meaning_is_acted_upon() -> None:
    """One that nobody reads is a row too many."""
    read = {
        node.attr
        for path in OTHERS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Meaning"
    }
    assert {meaning.name for meaning in Meaning} - read == {"OTHER"} - read


@pytest.mark.parametrize("code", ["Throttling.User", "EntityAlreadyExist.Draft", "IncorrectImageStatus"])
def test_other_words_leave_all_else_as_it_was(code: str) -> None:
    call = Call(action="A", region="r", host="h")
    error = failure_of(Refusal(code, 503, "no", request_id="R", retry_after_ms=1500), call=call)
    told = error.reworded("half a \ud800 word", hint="do it")
    assert str(told) == "half a \\ud800 word; do it (request R)"
    assert {**vars(told), "summary": "", "hint": ""} == {**vars(error), "summary": "", "hint": ""}
    assert type(told) is type(error)
    assert error.reworded("x").hint == error.hint
