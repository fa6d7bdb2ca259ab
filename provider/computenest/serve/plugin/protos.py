"""Pulumi's wire messages without Pulumi's SDK: the plugin needs the generated modules and nothing above them.

Importing `pulumi.runtime.proto` runs `pulumi/__init__`, which costs more than everything else here together. So
the packages above the generated modules are stood in for by empty ones while those load, and taken away again: who
needs the SDK itself afterwards imports it as ever.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )
else:
    _ABOVE = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")

    def _load(*names: str) -> list[ModuleType]:
        folders: dict[str, Path] = {}
        found = None if "pulumi" in sys.modules else importlib.util.find_spec("pulumi")
        if found is not None and found.origin is not None:
            above = Path(found.origin).parents[1]
            folders = {name: above.joinpath(*name.split(".")) for name in _ABOVE}
        for name, folder in folders.items():
            sys.modules[name] = module = ModuleType(name)
            module.__path__ = [str(folder)]
        try:
            return [importlib.import_module(f"pulumi.runtime.proto.{name}") for name in names]
        finally:
            for name in folders:
                del sys.modules[name]

    (provider_pb2, provider_pb2_grpc, engine_pb2, engine_pb2_grpc, plugin_pb2, status_pb2) = _load(
        "provider_pb2", "provider_pb2_grpc", "engine_pb2", "engine_pb2_grpc", "plugin_pb2", "status_pb2"
    )

__all__ = ["engine_pb2", "engine_pb2_grpc", "plugin_pb2", "provider_pb2", "provider_pb2_grpc", "status_pb2"]
