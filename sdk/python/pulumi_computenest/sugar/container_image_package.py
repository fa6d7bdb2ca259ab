"""A package like any other."""

from __future__ import annotations

from pulumi_computenest.sugar.packages import PackageSugar as Sugar

__all__ = ["Sugar"]
