"""MaxResults and NextToken. fact: nest-018"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from computenest_cloud.services.nest_artifacts import parsing
from computenest_cloud.wire.params import Params

Row = TypeVar("Row")


def page(params: Params, rows: Sequence[Row], seq: Callable[[Row], int]) -> tuple[list[Row], dict[str, Any]]:
    """Rows come newest first; the token names the last one shown, so that deletions between pages skip nothing."""
    wanted = parsing.page(params)
    ordered = sorted(rows, key=lambda row: -seq(row))
    rest = [row for row in ordered if wanted.after is None or seq(row) < wanted.after]
    shown = rest[: wanted.size]
    body: dict[str, Any] = {"MaxResults": wanted.size, "TotalCount": len(rows)}
    if len(rest) > len(shown):
        body["NextToken"] = f"after-{seq(shown[-1])}"
    return shown, body
