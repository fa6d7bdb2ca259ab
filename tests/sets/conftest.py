"""The engine and the clouds of the stack tests."""

from __future__ import annotations

from stack.conftest import engine, start_cloud

__all__ = ["engine", "start_cloud"]
