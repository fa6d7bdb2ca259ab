"""What `computenest doctor` looks at, in the order in which one thing needs another. Nothing of it changes anything."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from computenest.cloud import probing
from computenest.cloud.endpoints import Product
from computenest.cloud.settings import Settings
from computenest.kernel.errors import ComputeNestError, Meaning, Transient
from computenest.resources._program.session import Session
from computenest.review.permissions import ADAPTERS, actions_of
from computenest.review.probes import PROBES

OLDEST_ENGINE = (3, 250)
_ENGINE_S, _CALL_S = 20.0, 20.0
_CLOCK_WARNING_S, _CLOCK_FAILURE_S = 60.0, 900.0  # fact §3: a signature is refused after a quarter of an hour
_NOT_OPENED = re.compile(r"NotOpen|NotActivat|Unactivat|NotEnabled|NotSubscri|NotRegistered", re.IGNORECASE)
_PACKAGES = {"pulumi": (3, 250), "pydantic": (2, 11), "grpcio": (1, 70), "protobuf": (5, 29)}
_ALWAYS = "computenestsupplier:"
"""What every stack of a supplier needs; other products' actions are for some types of resources only."""


class State(StrEnum):
    """How a thing is; `SKIPPED`: it could not be looked at, because of what another line says."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at: how it is, and what to do."""

    check: str
    state: State
    said: str
    next: str = ""


def about_machine(environ: Mapping[str, str]) -> Iterable[Line]:
    """The engine and the SDK."""
    yield _engine(environ)
    for package, least in _PACKAGES.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            yield Line(package, State.FAILED, "is not installed", "pip install pulumi-computenest")
            continue
        if _numbers(found) < least:
            wanted = ".".join(map(str, least))
            yield Line(package, State.FAILED, f"{found} is too old", f"pip install '{package}>={wanted}'")
        else:
            yield Line(package, State.OK, found)


def _engine(environ: Mapping[str, str]) -> Line:
    wanted = ".".join(map(str, OLDEST_ENGINE))
    get = f"install {wanted} or newer: https://www.pulumi.com/docs/install, or `make setup` in a clone of this project"
    program = shutil.which("pulumi", path=environ.get("PATH", ""))
    if program is None:
        return Line("engine", State.FAILED, "there is no pulumi on the PATH", get)
    try:
        done = subprocess.run(  # noqa: S603 - the user's own engine
            [program, "version"], capture_output=True, text=True, timeout=_ENGINE_S, check=False, env=dict(environ)
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Line("engine", State.FAILED, f"{program} does not answer ({type(error).__name__})", get)
    found = _numbers(done.stdout)
    if not found:
        return Line("engine", State.FAILED, f"{program} does not say its version (exit code {done.returncode})", get)
    if found < OLDEST_ENGINE:
        return Line("engine", State.FAILED, f"{done.stdout.strip()} is too old ({program})", get)
    return Line("engine", State.OK, f"{done.stdout.strip()} ({program})")


def _numbers(text: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in found.groups() if part is not None) if found else ()


def about_network(
    settings: Settings, session: Session, environ: Mapping[str, str], *, now_s: float | None = None
) -> Iterable[Line]:
    """Proxies, endpoints and the clock."""
    of = {product: session.client.endpoint(product, region=settings.region) for product in Product}
    used = {product: probing.proxy_of(endpoint, environ) for product, endpoint in of.items()}
    given = {environ[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy") if environ.get(name)}
    for proxy in sorted(given):
        why, is_used = probing.connection_failure(proxy), proxy in used.values()
        if why:
            state = State.FAILED if is_used else State.WARNING
            said = f"{_without_login(proxy)} cannot be reached: {why}" + ("" if is_used else " (no endpoint needs it)")
            yield Line("proxy", state, said, "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY")
        else:
            yield Line("proxy", State.OK, _without_login(proxy) + ("" if is_used else ", which no endpoint needs"))
    if not given:
        yield Line("proxy", State.OK, "none")
    hosts: dict[str, list[str]] = {}
    for product, endpoint in of.items():
        hosts.setdefault(f"{endpoint.protocol}://{endpoint.host}", []).append(product.value)
    for address, products in hosts.items():
        why = "" if any(used[Product(product)] for product in products) else probing.connection_failure(address)
        check = f"endpoint of {', '.join(products)}"
        fix = "check the network, computenest:region and computenest:endpoints"
        if settings.cloud == "local" and why:
            fix = "`computenest cloud start` starts the embedded cloud"
        yield Line(check, State.FAILED, f"{address}: {why}", fix) if why else Line(check, State.OK, address)
    yield _clock(probing.ahead_s(of[Product.COMPUTE_NEST], proxy=used[Product.COMPUTE_NEST], now_s=now_s))


def _without_login(proxy: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", proxy)


def _clock(ahead_s: float | None) -> Line:
    if ahead_s is None:
        return Line("clock", State.SKIPPED, "the endpoint says no time")
    off_s = abs(ahead_s)
    said = f"{off_s:.0f} s {'ahead of' if ahead_s > 0 else 'behind'} the cloud's"
    if off_s < _CLOCK_WARNING_S:
        return Line("clock", State.OK, said)
    state = State.FAILED if off_s >= _CLOCK_FAILURE_S else State.WARNING
    return Line("clock", state, said, "set this machine's clock (NTP): requests are signed with its time")


async def about_account(settings: Settings, session: Session) -> list[Line]:
    """Whose keys these are, and whether Compute Nest serves them."""
    origin = Line("credentials", State.OK, f"from {settings.credentials_from}")
    try:
        uid = await asyncio.wait_for(session.caller.uid(), _CALL_S)
    except (ComputeNestError, TimeoutError) as error:
        said, fix = _told(error)
        return [
            origin,
            Line("account", State.FAILED, said, fix),
            Line("Compute Nest", State.SKIPPED, "not asked: the account is not known"),
        ]
    lines = [origin, Line("account", State.OK, uid)]
    where = f"in {settings.region}"
    try:
        await asyncio.wait_for(
            session.client.call(Product.COMPUTE_NEST, "ListArtifacts", PROBES[f"{_ALWAYS}ListArtifacts"].parameters),
            _CALL_S,
        )
    except (ComputeNestError, TimeoutError) as error:
        if isinstance(error, ComputeNestError) and error.meaning is Meaning.DENIED:
            return [*lines, Line("Compute Nest", State.OK, f"{where}: answers, and lets this identity list nothing")]
        said, fix = _told(error)
        if isinstance(error, ComputeNestError) and _NOT_OPENED.search(error.code):
            said = f"{where}: not opened for account {uid} ({error.code})"
            fix = "open it: https://computenest.console.aliyun.com, as a supplier"
        return [*lines, Line("Compute Nest", State.FAILED, said, fix)]
    return [*lines, Line("Compute Nest", State.OK, f"{where}: opened")]


def _told(error: Exception) -> tuple[str, str]:
    if isinstance(error, ComputeNestError):
        return error.summary, error.hint
    return f"no answer within {_CALL_S:.0f} s", "check the network"


async def about_permissions(session: Session, wanted: frozenset[str] | None) -> list[Line]:
    """Each RAM action that can be tried without an effect; `wanted`: those that a preview needs, None for all."""
    actions = sorted(actions_of(*ADAPTERS) if wanted is None else wanted)
    tried = [action for action in actions if action in PROBES]
    results = await asyncio.gather(*(_try(session, action) for action in tried))
    lines = []
    for action, (is_denied, doubt) in zip(tried, results, strict=True):
        is_needed = wanted is not None or action.startswith(_ALWAYS)
        if is_denied:
            hint = f"grant {action}: `computenest permissions preview.json` prints the whole policy of a stack"
            said = "is denied" if is_needed else "is denied; only some types of resources need it"
            lines.append(Line(action, State.FAILED if is_needed else State.WARNING, said, hint))
        elif doubt:
            lines.append(Line(action, State.WARNING, f"cannot be told: {doubt}", "run it again"))
    allowed = len(tried) - len(lines)
    untried = len(actions) - len(tried)
    said = f"{allowed} of {len(tried)} actions that can be tried are allowed"
    said += f"; {untried} change things, and were not tried" if untried else ""
    return [Line("permissions", State.OK if allowed == len(tried) else State.WARNING, said), *lines]


async def _try(session: Session, action: str) -> tuple[bool, str]:
    """Whether an action is denied, and why that is not known."""
    product, _, name = action.partition(":")
    probe = PROBES[action]
    region = {"RegionId": session.client.region} if probe.with_region else {}
    try:
        call = session.client.call(Product(product), name, {**region, **probe.parameters})
        await asyncio.wait_for(call, _CALL_S)
    except TimeoutError:
        return False, f"no answer within {_CALL_S:.0f} s"
    except Transient as error:
        return False, error.summary
    except ComputeNestError as error:
        return error.meaning is Meaning.DENIED, ""
    return False, ""
