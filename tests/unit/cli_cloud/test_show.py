"""`computenest show` of an instance that runs, and of one that waits for the reviewers of its service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from computenest.cli.show import show

RUNS = {"instanceId": "si-1", "serviceVersion": "1", "region": "cn-beijing", "status": "Deployed"}
WAITS = {"instanceId": "", "serviceVersion": "draft", "region": "cn-beijing", "status": "Waiting"}


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ({**RUNS, "images": {"Web": "m-1"}}, "first: si-1 version 1 in cn-beijing is Deployed"),
        ({**WAITS, "images": {}}, "first: nothing yet in cn-beijing (Waiting)"),
    ],
)
def test_an_instance(output: object, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({"first": output}))
    show(file)
    assert capsys.readouterr().out.splitlines()[0].strip() == said
