"""The page in Chromium: twenty clusters by ten components are readable at any width, what is well can be put away, and
a page that is served follows the clusters by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.ui import WebDriverWait

from computenest.cloud.loopback import serve_page
from computenest.kernel.errors import Invalid
from computenest.review.clusters import ClusterLook, console_page
from emulator.browser import open_browser
from unit.clusters.looks import MOMENT, release, silent, wide

WITHIN_S = 60
SHOWN = "return [...document.querySelectorAll(arguments[0])].filter(e => e.offsetParent).map(e => e.innerText)"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    browser = open_browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.quit()


def opened(driver: Chrome, tmp_path: Path, width: int) -> None:
    page = tmp_path / "console.html"
    page.write_text(console_page(wide(), moment=MOMENT))
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.get(page.as_uri())


@pytest.mark.parametrize("width", [420, 700, 1300])
def test_only_the_table_scrolls_and_its_heads_stay(driver: Chrome, tmp_path: Path, width: int) -> None:
    opened(driver, tmp_path, width)
    assert driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    places = driver.execute_script(
        "const box = document.querySelector('.wide'); box.scrollTo(300, 600);"
        "const at = e => { const r = e.getBoundingClientRect(), b = box.getBoundingClientRect();"
        " return [Math.round(r.left - b.left), Math.round(r.top - b.top)] };"
        "return [at(document.querySelectorAll('tbody th')[9])[0], at(document.querySelectorAll('thead th')[1])[1]]"
    )
    assert max(places) <= 1, "a cluster's name and a component's stay in sight"
    assert driver.get_log("browser") == []


def test_what_is_well_can_be_put_away(driver: Chrome, tmp_path: Path) -> None:
    opened(driver, tmp_path, 1300)
    assert len(driver.execute_script(SHOWN, "tbody tr")) == 20
    driver.find_element("id", "unwell").click()
    assert driver.execute_script(SHOWN, "tbody th strong") == ["edge-3", "edge-6"]
    assert driver.execute_script(SHOWN, "thead th") == ["cluster", "shop-component-4\nshop"]


@contextmanager
def served(page: Callable[[], str], port: int = 0) -> Iterator[str]:
    """The address of a page, on a loop of its own."""
    told: list[str] = []
    is_open = threading.Event()
    loop = asyncio.new_event_loop()

    async def answer() -> str:
        return page()

    def open_(address: str) -> None:
        told.append(address)
        is_open.set()

    async def until_cancelled() -> None:
        await serve_page(answer, port=port, opened=open_)

    task = loop.create_task(until_cancelled())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
    thread.start()
    try:
        assert is_open.wait(WITHIN_S)
        yield told[0]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(WITHIN_S)
        loop.close()


def test_a_served_page_follows_the_clusters_until_nobody_answers(driver: Chrome) -> None:
    looks = [ClusterLook("edge-1", (release(),))]
    with served(lambda: console_page(looks, moment=MOMENT, every_s=0.1)) as address:
        driver.get(address)
        driver.find_element("id", "unwell").click()
        looks[:] = [silent("edge-1", release())]
        waiting = WebDriverWait(driver, WITHIN_S)
        waiting.until(lambda _: "cannot tell" in driver.find_element("id", "content").text)
        assert driver.find_element("id", "unwell").is_selected(), "what a person has chosen stays"
        assert driver.get_log("browser") == [], "the policy lets its script run"
        assert not driver.find_element("css selector", ".lost").is_displayed()
    waiting.until(lambda _: driver.find_element("css selector", ".lost").is_displayed())
    driver.find_element("id", "unwell").click()
    assert "last known" in driver.find_element("id", "content").text, "what was seen stays in sight"


def test_only_who_has_the_address_may_look() -> None:
    async def ask(method: str, address: str, host: str = "") -> tuple[int, str]:
        headers = {"Host": host} if host else {}
        async with aiohttp.ClientSession() as session, session.request(method, address, headers=headers) as answer:
            return answer.status, await answer.text()

    async def asked(address: str) -> list[tuple[int, str]]:
        base = address.rsplit("/", 2)[0]
        port = base.rsplit(":", 1)[1]
        return [
            await ask("GET", address),
            await ask("GET", f"{base}/guessed/"),
            await ask("GET", f"{base}/"),
            await ask("GET", address, f"evil.example:{port}"),
            await ask("POST", address),
        ]

    with served(lambda: "the page") as address:
        found = asyncio.run(asked(address))
        assert found[0] == (200, "the page")
        assert [code for code, _ in found[1:]] == [404, 404, 404, 405]
        assert not any("the page" in text for _, text in found[1:])
        taken = int(address.split(":")[2].split("/")[0])

        async def again() -> None:
            await serve_page(lambda: asyncio.sleep(0, ""), port=taken, opened=lambda _: None)

        with pytest.raises(Invalid, match=f"port {taken} cannot be used"):
            asyncio.run(again())
