"""The one kind of failure an emulated action may end with: a code, a status and a message, as the real cloud answers.

Each service keeps its table of codes in its own `errors.py`; this is only what they have in common.
"""

from dataclasses import dataclass, field


@dataclass(eq=False)
class ServiceError(Exception):
    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)  # what the answer says besides

    def __post_init__(self) -> None:
        super().__init__(f"{self.code}: {self.message}")


def missing_parameter(name: str) -> ServiceError:
    return ServiceError(400, f"Missing{name}", f"{name} is mandatory for this action.")


def invalid_parameter(name: str, why: str) -> ServiceError:
    return ServiceError(400, f"InvalidParameter.{name}", f"The specified parameter {name} is not valid: {why}")


class ControlError(Exception):
    """What the control plane refuses: a status and a sentence. `at`: the field that it is about."""

    def __init__(self, status: int, message: str, *, at: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.at = at

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """Each thing that is wrong: where, and why."""
        return [(self.at, str(self))]


class Unreachable(Exception):
    """No answer at all: there is no way from where the client is."""

    def __init__(self, after_s: float = 0.0) -> None:
        super().__init__()
        self.after_s = after_s
