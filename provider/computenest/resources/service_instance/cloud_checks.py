"""What a check of an instance asks the cloud before there is one: its price, what stands in its way, its name.

Each answer is a comfort: where the cloud cannot be reached, refuses the question or does not know it, nothing is said.
Asked once a process for one deployment, and of nothing that stays as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from computenest.kernel.errors import ComputeNestError, Conflict, Meaning, Permanent
from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import Known, Unknown
from computenest.resources._program.accounts import asked_in_check
from computenest.resources._program.core import Account
from computenest.resources.service_instance.model import Wanted
from computenest.resources.service_instance.quotes import Charge, Obstacle, Question, prices_said, question_of

if TYPE_CHECKING:
    from computenest.resources.service_instance.quotes_api import CloudQuotes

T = TypeVar("T")

Answers = tuple[tuple[Charge, ...], tuple[Obstacle, ...], str]


def quotes_of(account: Account) -> InstanceChecks:
    """The questions that checks ask of an account."""
    from computenest.resources.service_instance.quotes_api import CloudQuotes

    return InstanceChecks(asked_in_check(account, account.session.port(CloudQuotes)))


@dataclass(slots=True)
class InstanceChecks:
    """Checks instances of one account against what the cloud says of a deployment."""

    quotes: CloudQuotes
    _answers: dict[Question, asyncio.Task[Answers]] = field(default_factory=dict)

    async def check(self, olds: Wanted[Known] | None, checked: Checked[Wanted[Unknown]]) -> Checked[Wanted[Unknown]]:
        """With what it costs, what stands in its way, and whether its name is refused: warnings, for the codes of a
        refusal are published nowhere, and the operation itself is told of what it cannot do."""
        question = None if checked.failures else question_of(checked.inputs, olds)
        if question is None:
            return checked
        if question not in self._answers:
            self._answers[question] = asyncio.create_task(self._asked(question, is_new=olds is None))
        charges, obstacles, refused = await self._answers[question]
        said = [*prices_said(question.name, charges), *(_in_the_way(one) for one in obstacles), refused]
        return checked.plus(warnings=[line for line in said if line])

    async def _asked(self, question: Question, *, is_new: bool) -> Answers:
        price, obstacles, name = await asyncio.gather(
            _comfort(self.quotes.price(of=question), ()),
            _comfort(self.quotes.obstacles(of=question), ()),
            self._refusal(question, is_new=is_new),
        )
        return price, obstacles, name

    async def _refusal(self, question: Question, *, is_new: bool) -> str:
        """Why the cloud does not take the name, "" where it does or is not to be asked: of one that is there."""
        if not is_new:
            return ""
        try:
            await self.quotes.check_name(of=question)
        except (Permanent, Conflict) as error:
            return "" if error.meaning is Meaning.DENIED else f"name: the cloud does not take it: {error}"
        except ComputeNestError:
            return ""
        return ""


def _in_the_way(obstacle: Obstacle) -> str:
    return f"it may not be deployable as things stand: {obstacle.said}" if obstacle.said else ""


async def _comfort(question: Awaitable[T], otherwise: T) -> T:
    try:
        return await question
    except ComputeNestError:
        return otherwise
