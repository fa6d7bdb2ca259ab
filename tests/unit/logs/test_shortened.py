"""Of a log, a message has the few lines that tell why something failed."""

from __future__ import annotations

import pytest

from computenest.kernel.logs import LogLine, in_order, said_of, shortened
from computenest.resources._packages import build_log
from computenest.resources._packages.model import ArtifactVersion, VersionId


def lines(*texts: str) -> list[LogLine]:
    return [LogLine(f"2026-01-31T08:00:{number:02}Z", text) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("log", "said", "told"),
    [
        ([], "", ""),
        (["fetching", "unpacking"], "", "unpacking"),
        (["fetching", "E: cannot open", "cleaning up"], "", "E: cannot open"),
        (["error 1", "ok", "error 2", "error 3", "error 4"], "", "error 2 | error 3 | error 4"),
        (["error: a", "error: a", "done"], "", "error: a"),
        (["error:   a\n  b"], "", "error: a b"),
        (["Build failed: exit 1"], "CreateFailed: Build failed: exit 1", ""),
        (["E: cannot open x", "Build failed: exit 1"], "Build failed: exit 1", "E: cannot open x"),
    ],
)
def test_only_what_fails_is_told_once(log: list[str], said: str, told: str) -> None:
    assert shortened(lines(*log), said=said) == told
    assert shortened(lines(*log)[::-1], said=said) == told, "in any order"


def test_a_resource_is_named_with_its_status() -> None:
    line = LogLine("", "sold out", subject="Web (ALIYUN::ECS::Instance)", status="CREATE_FAILED", source="ros")
    assert shortened([line]) == "Web (ALIYUN::ECS::Instance) CREATE_FAILED: sold out"
    assert shortened([LogLine("", "", status="DeployedFailed")]) == "", "a status without a word tells nothing"


def test_a_long_line_keeps_its_beginning_and_its_end() -> None:
    told = shortened(lines("error " + "x" * 5000 + " the cause"))
    assert len(told) <= 240
    assert told.startswith("error x")
    assert told.endswith(" the cause")


def test_lines_of_one_moment_stay_as_they_came() -> None:
    found = in_order([LogLine("2", "c"), LogLine("1", "a"), LogLine("1", "b")])
    assert [line.text for line in found] == ["a", "b", "c"]


def test_the_sentence_says_where_the_rest_is() -> None:
    assert said_of("shop", "") == ""
    assert said_of("shop", "sold out") == "its log says: sold out (`computenest logs shop` shows all of it)"


@pytest.mark.parametrize(
    ("command", "printed", "told"),
    [
        ("tool --key kX9-secret-77", "error: kX9-secret-77 is refused", "error: [secret] is refused"),
        ("PASSWORD='a1b2c3d4e5' tool", "+ PASSWORD=a1b2c3d4e5 tool: failed", "+ PASSWORD=[secret] tool: failed"),
        ("apt-get install ngnix", "E: cannot find ngnix", "E: cannot find ngnix"),
        ("sh /opt/install-v2/run.sh", "error in /opt/install-v2/run.sh", "error in /opt/install-v2/run.sh"),
    ],
)
def test_what_may_be_a_password_in_a_build_command_is_hidden(command: str, printed: str, told: str) -> None:
    draft = ArtifactVersion(
        version=VersionId("draft"), status="CreateFailed", build_property={"CommandContent": command}
    )
    assert build_log.is_failed(draft)
    assert build_log.causes(draft, lines(printed)) == told
