"""`FilePackage` as the plugin's resource."""

from __future__ import annotations

from pulumi_computenest.file import FileDeclaration
from pulumi_computenest.plugin.resource import PluginResource

__all__ = ["FilePackage"]


class FilePackage(FileDeclaration, PluginResource):
    __doc__ = FileDeclaration.__doc__
