"""Sessions of the embedded cloud by configuration, and the clocks they carry."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from computenest.cloud.clock import RealClock, ScaledClock, VirtualClock
from computenest.cloud.control import Handle
from computenest.cloud.settings import parse_settings
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._program.session import open_session


@pytest.fixture
def here(server: Handle, monkeypatch: pytest.MonkeyPatch) -> Handle:
    """The shared server is the embedded cloud of this process."""
    monkeypatch.setenv("COMPUTENEST_CLOUD_DIR", str(Path(server.state).parent))
    return server


@pytest.mark.parametrize("account", ["", "supplier", "hub", "customer"])
@pytest.mark.usefixtures("here")
def test_each_account_of_the_embedded_cloud(account: str) -> None:
    settings = parse_settings({"computenest:cloud": "local"}, environ={})
    session = open_session(settings, AccountName(account))
    assert asyncio.run(session.port(CloudArtifacts).find(name="nothing")) == ()
    assert isinstance(session.clock, VirtualClock)
    assert session.client.region == "cn-hangzhou"
    session.close()


@pytest.mark.usefixtures("here")
def test_an_account_that_the_embedded_cloud_lacks() -> None:
    accounts = {"partner": {"roleArn": "acs:ram::1:role/x"}}
    settings = parse_settings({"computenest:cloud": "local", "computenest:accounts": accounts}, environ={})
    with pytest.raises(Invalid, match="customer, hub, stranger, supplier"):
        open_session(settings, AccountName("partner"))


def test_an_endpoint_that_is_the_embedded_cloud_has_its_clock(here: Handle) -> None:
    for endpoint, kind in ((here.endpoint, VirtualClock), ("127.0.0.1:1", RealClock)):
        config = {"computenest:endpoints": endpoint, "computenest:accessKey": "AK", "computenest:secretKey": "SK"}
        settings = parse_settings(config, environ={})
        session = open_session(settings)
        assert isinstance(session.clock, kind)
        session.close()


def test_a_scaled_clock_counts_faster_and_waits_shorter() -> None:
    clock = ScaledClock(1000)

    async def wait() -> float:
        began = asyncio.get_running_loop().time()
        await clock.sleep(30)
        return asyncio.get_running_loop().time() - began

    before = clock.now_s()
    took = asyncio.run(wait())
    assert 0.029 <= took < 30
    assert clock.now_s() - before >= 30


def test_a_short_wait_is_never_a_busy_loop() -> None:
    async def wait() -> float:
        began = asyncio.get_running_loop().time()
        await ScaledClock(1_000_000).sleep(1)
        return asyncio.get_running_loop().time() - began

    assert asyncio.run(wait()) >= 0.019


@pytest.mark.parametrize("scale", [0, -1, float("nan")])
def test_time_runs_forward(scale: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ScaledClock(scale)
