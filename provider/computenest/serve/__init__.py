"""Bags in, bags out: what the engine talks to, in the plugin and in the host of dynamic providers."""

COLLECTED_AT_ONCE = 10_000
"""Objects that may be made before Python's garbage collector looks at them, a few megabytes, where 700 is usual: what
is loaded for a preview stays, and people wait for it."""
