"""`ServiceImageAssociation` as the plugin's resource."""

from __future__ import annotations

from pulumi_computenest.association import AssociationDeclaration
from pulumi_computenest.plugin.resource import PluginResource

__all__ = ["ServiceImageAssociation"]


class ServiceImageAssociation(AssociationDeclaration, PluginResource):
    __doc__ = AssociationDeclaration.__doc__
