"""The report's page in Chromium: at any width only a table scrolls sideways, never the page as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from computenest.review.report import html_page, read_preview
from emulator.browser import open_browser
from unit.report.test_dangers import EVERYTHING
from unit.report.test_report import COPY, association, package

REGIONS = [f"cn-region-{number:02}" for number in range(20)]
WIDE = {
    "steps": [
        *EVERYTHING["steps"],
        *(package("create", f"package-{n}", None, {r: f"{COPY}{n}{r}" for r in REGIONS}) for n in range(3)),
        association("create", None, {"m" * 60: {region: f"m-{region}" for region in REGIONS}}),
    ],
    "diagnostics": [{"severity": "error", "message": "x" * 300}],
}


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    browser = open_browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.quit()


@pytest.mark.parametrize("width", [420, 700, 1300])
def test_nothing_scrolls_twice(driver: Chrome, tmp_path: Path, width: int) -> None:
    page = tmp_path / "report.html"
    page.write_text(html_page(read_preview(WIDE)))
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)  # no window is as narrow as a telephone
    driver.get(page.as_uri())
    assert driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    scrolling = driver.execute_script(
        "return [...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1"
        " && getComputedStyle(e).overflowX != 'visible' && !e.classList.contains('said')).map(e => e.className)"
    )
    assert set(scrolling) <= {"scroll"}
    nested = "return document.querySelectorAll('.scroll .scroll').length"
    assert driver.execute_script(nested) == 0
    assert driver.find_elements("css selector", "li.danger")[0].is_displayed()
