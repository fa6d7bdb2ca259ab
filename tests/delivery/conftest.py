"""Registries and other people's clients for delivery packages."""

from __future__ import annotations

from uploads.conftest import open_rig, registry_binary, rig, tools

__all__ = ["open_rig", "registry_binary", "rig", "tools"]
