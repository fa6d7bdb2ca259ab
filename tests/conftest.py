"""What holds for every test: generated cases are the same in every run, and no case is judged by the clock."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "same", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("exploring", settings.get_profile("same"), derandomize=False)  # `make test-all`
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
