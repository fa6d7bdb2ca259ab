"""What every plan comes to, whatever it is about: `reconcile/reconciler.py` knows these, and no others.

A plan is a pure function of what is wanted and what is observed that names one next step. Steps of its own derive from
`Step`; those that the reconciler deals with from the others here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next; two that say the same are one."""


class Create(Step):
    """Nothing is there: make it."""

    __slots__ = ()


class Await(Step):
    """The cloud is at work; another look tells when it has ended."""

    __slots__ = ()


class Done(Step):
    """Everything wanted is there."""

    __slots__ = ()


class Fail(Step):
    """This run cannot finish; what is there stays recorded."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Failed(Fail):
    """The same, for one reason."""

    reason: str
