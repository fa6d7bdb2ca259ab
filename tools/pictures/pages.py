"""Pages in Chromium at three widths, as small pictures."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

WIDTHS = (420, 700, 1300)
TALLEST = 1400
"""A picture's height at most, in pixels of the page; what is below it is not shown."""
QUALITY = 60
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


@contextmanager
def browser(root: Path, profile: Path) -> Iterator[Chrome]:
    """A browser without a window."""
    found = subprocess.run([root / "tools/chromium"], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    program, driver = found.stdout.split("\n")[:2]
    options = ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    opened = Chrome(options=options, service=Service(driver))
    try:
        yield opened
    finally:
        opened.quit()


def photograph(driver: Chrome, address: str, target: Path, *, tallest: int = TALLEST) -> None:
    """`target-WIDTH.webp` at each width; wider than the screen is an error, as nobody scrolls a page sideways."""
    for width in WIDTHS:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.get(address)
        if driver.execute_script("return document.documentElement.scrollWidth > window.innerWidth"):
            raise RuntimeError(f"{address} is wider than {width} px")
        height = min(int(driver.execute_script("return document.documentElement.scrollHeight")), tallest)
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        options = {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True}
        taken = driver.execute_cdp_cmd("Page.captureScreenshot", options)
        (target.parent / f"{target.name}-{width}.webp").write_bytes(base64.b64decode(taken["data"]))
