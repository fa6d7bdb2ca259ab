"""Whether a container starts again, and after how long: as the kubelet does, which serverless containers follow.

The wait doubles from 10 s to 300 s, after exits as after pulls that failed.
"""

from typing import Literal

Policy = Literal["Always", "OnFailure", "Never"]
FIRST_S = 10.0
LONGEST_S = 300.0


def starts_again(policy: Policy, exit_code: int) -> bool:
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def back_off_s(times: int) -> float:
    """`times`: how often it has failed or ended before, from 0."""
    return float(min(FIRST_S * 2 ** min(times, 10), LONGEST_S))
