"""The provider's schema: what every language's SDK, and every language host's type check, is made from."""

from __future__ import annotations

from computenest.serve.schema.package import schema, schema_text

__all__ = ["schema", "schema_text"]
