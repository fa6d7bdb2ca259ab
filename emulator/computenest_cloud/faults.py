"""Failures on demand: rules as data, seeded, with statistics.

A rule says which calls it matches, how many it lets pass (`skip`), how often it fires (`times`, `probability`) and
what happens then. The same seed, rules and calls always fail in the same places. Fault rules of a service's own kinds
(`Service.faults`) also reach what it does by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from computenest_cloud import services
from computenest_cloud.ids import Mint
from computenest_cloud.store.database import Store

ANSWER_KINDS = frozenset(
    {"throttle", "http", "html", "timeout_before", "timeout_after", "drop", "error", "expired_credentials"}
)
COMMON_KINDS = ANSWER_KINDS | {"list_lag"}


def kinds() -> frozenset[str]:
    """What can be made to fail: calls, and what each service does of its own."""
    return COMMON_KINDS.union(*(service.faults for service in services.kinds().values()))


def _known(kind: str) -> str:
    if kind not in kinds():
        raise ValueError(f"there is no fault {kind!r}; known: {', '.join(sorted(kinds()))}")
    return kind


Kind = Annotated[str, AfterValidator(_known)]


class Effect(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Kind
    retry_after_ms: int | None = None
    status: int | None = None
    code: str = ""
    message: str = ""
    log: tuple[str, ...] = ()  # what the thing that fails printed before: a build, a deployment's resource
    seconds: float = 0.0  # list_lag: emulated; timeout_*: real seconds the connection hangs before it is dropped


class Match(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    service: str = "*"
    action: str = "*"
    account: str = "*"
    region: str = "*"


class FaultRule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    match: Match = Match()
    skip: int = Field(default=0, ge=0)
    times: int | None = Field(default=None, ge=0)
    probability: float = Field(default=1.0, ge=0.0, le=1.0)
    effect: Effect


class _RuleState(BaseModel):
    rule: FaultRule
    matched: int = 0
    fired: int = 0


RULES = TypeAdapter(list[FaultRule])
_STATES = TypeAdapter(list[_RuleState])


@dataclass(frozen=True)
class Occasion:
    """Something that a rule may match: a call, or a step of a delivery."""

    service: str
    actions: tuple[str, ...]
    account: str
    regions: tuple[str, ...] = ()


def _is_match(match: Match, occasion: Occasion) -> bool:
    return (
        match.service in {"*", occasion.service}
        and match.account in {"*", occasion.account}
        and (match.action == "*" or match.action in occasion.actions)
        and (match.region == "*" or match.region in occasion.regions)
    )


class Faults:
    def __init__(self, store: Store, mint: Mint, at_start: Sequence[FaultRule] | None) -> None:
        self._store = store
        self._mint = mint
        self._at_start = tuple(at_start or ())
        if at_start is None:
            self._states = _STATES.validate_python(store.setting("faults", []))
        else:
            self.replace(at_start)

    def replace(self, rules: Sequence[FaultRule]) -> None:
        self._states = [_RuleState(rule=rule) for rule in rules]
        self._save()

    def reset(self) -> None:
        self.replace(self._at_start)

    def _save(self) -> None:
        self._store.put_setting("faults", _STATES.dump_python(self._states, mode="json"))

    def take(self, occasion: Occasion, kinds: frozenset[str]) -> Effect | None:
        """The effect of the first rule that fires, or None; counts it."""
        if not self._states:
            return None
        for index, state in enumerate(self._states):
            if state.rule.effect.kind in kinds and _is_match(state.rule.match, occasion):
                state.matched += 1
                if self._fires(index, state):
                    state.fired += 1
                    self._save()
                    return state.rule.effect
                self._save()
        return None

    def _fires(self, index: int, state: _RuleState) -> bool:
        rule = state.rule
        if state.matched <= rule.skip or (rule.times is not None and state.fired >= rule.times):
            return False
        return rule.probability >= 1.0 or self._mint.fraction("fault", index, state.matched) < rule.probability

    def statistics(self) -> list[dict[str, Any]]:
        return [
            {**state.rule.model_dump(mode="json"), "matched": state.matched, "fired": state.fired}
            for state in self._states
        ]
