"""What a check asks the cloud.

A cloud that cannot be reached is no failure of the input: the check warns, and an operation that needs the cloud fails
before its first change. A refusal, as of wrong credentials, is a failure at once, in the preview already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from computenest.kernel.errors import ComputeNestError, Reason, Transient
from computenest.kernel.outcome import Checked, Failure

I = TypeVar("I")  # noqa: E741 - checked inputs
T = TypeVar("T")


async def all_ended(calls: Iterable[Awaitable[T]]) -> list[T]:
    """What calls at once come to; all of them end before the first failure is raised."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    for answer in found:
        if isinstance(answer, BaseException):
            raise answer
    return [answer for answer in found if not isinstance(answer, BaseException)]


async def asked(checked: Checked[I], question: Awaitable[Checked[I]], *, path: str = "") -> Checked[I]:
    """What the question makes of a check, or the check with why nothing was said.

    Args:
        path: of the property that a refusal is about.
    """
    try:
        return await question
    except Transient as error:
        return checked.plus(warnings=(Reason.of(error, left_out="some checks were left out"),))
    except ComputeNestError as error:
        return checked.plus((Failure(path, Reason.of(error)),))
