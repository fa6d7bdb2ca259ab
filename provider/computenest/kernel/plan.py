"""What every plan comes to, whatever it is about: `reconcile/reconciler.py` knows these, and no others.

A plan is a pure function of what is wanted and what is observed that names one next step. Steps of its own derive from
nothing; those that the reconciler deals with derive from these.
"""

from __future__ import annotations

__all__ = ["Await", "Create", "Done", "Fail"]


class Create:
    """Nothing is there: make it."""

    __slots__ = ()


class Await:
    """The cloud is at work; another look tells when it has ended."""

    __slots__ = ()


class Done:
    """Everything wanted is there."""

    __slots__ = ()


class Fail:
    """This run cannot finish; what is there stays recorded."""

    __slots__ = ()
