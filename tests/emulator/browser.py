"""The console in a real browser: Debian's Chromium without a window, driven by its own driver."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from made import made

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1400",
    "--host-resolver-rules=MAP evil.example 127.0.0.1",
)


def open_browser(profile: Path) -> Chrome:
    """Fails, and says how to install it, where there is no Chromium: the console is not tested by anything else."""
    browser, driver = str(made("tools/chromium")).split("\n")[:2]
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return Chrome(options=options, service=Service(driver))


class Page:
    """What a person sees of the console: the text of each row, by its columns."""

    def __init__(self, driver: Chrome, endpoint: str, token: str) -> None:
        self.driver = driver
        self.address = f"http://{endpoint}/console"
        self.way_in = f"{self.address}?token={token}"

    def enter(self) -> Page:
        """As by the address that `computenest cloud status` prints."""
        self.driver.get(self.way_in)
        self.complaints()  # what earlier tests left
        return self

    def look(self, query: str = "") -> Page:
        self.driver.get(self.address + query)
        return self

    def rows(self, table: str) -> list[list[str]]:
        """The cells of every row; a cell that stands beside several rows is said in each."""
        found: list[list[str]] = []
        for group in self.driver.find_elements(By.CSS_SELECTOR, f"#{table} tbody"):
            beside: list[str] = []
            for row in group.find_elements(By.TAG_NAME, "tr"):
                cells = row.find_elements(By.CSS_SELECTOR, "th, td")
                texts = [cell.text for cell in cells]
                if not beside:
                    beside = [text for cell, text in zip(cells, texts, strict=True) if cell.get_attribute("rowspan")]
                    found.append(texts)
                else:
                    found.append([*beside, *texts])
        return found

    def says_nothing(self, table: str) -> bool:
        return self.driver.find_element(By.ID, table).text.startswith("None.")

    def complaints(self) -> list[str]:
        """What the browser wrote to its log: refused scripts, missing files."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]
