"""The dynamic providers, as states know them: a class for each type of resource.

A state holds these classes pickled *by reference* (the module and the name, no code and no secret), so both keep their
place for ever: tests/unit pin the bytes.
"""

from __future__ import annotations

from computenest.serve.dynamic.provider import Provider


class EcsImagePackageProvider(Provider):
    """`EcsImagePackage` for the dynamic host."""

    type_name = "EcsImagePackage"


class ServiceImageAssociationProvider(Provider):
    """`ServiceImageAssociation` for the dynamic host."""

    type_name = "ServiceImageAssociation"
