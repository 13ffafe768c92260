"""Debian's Chromium on pages of tests: what went wrong on them, and what they asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE = "<script>document.title = 'taken over'</script><img src=x onerror=alert(1)>"

needs_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CORE_HARNESS_REQUIRE_BROWSER"),
        reason="no chromium on this machine (Debian: apt-get install chromium)",
    ),
]

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""By how many pixels a page is wider than the screen."""


@contextmanager
def chromium() -> Iterator[Browser]:
    assert CHROMIUM is not None, "CORE_HARNESS_REQUIRE_BROWSER is set, and there is no chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield running
        running.close()


class Visit:
    """A page, with everything that went wrong on it and everything it asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.trouble: list[str] = []
        self.requests: list[str] = []
        page.set_default_timeout(60_000)  # a busy machine is no failure
        page.on("console", lambda message: self.trouble.append(message.text))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        page.on("requestfailed", lambda request: self.trouble.append(request.url))
        page.on("request", lambda request: self.requests.append(request.url))

    def column(self, title: str) -> list[str]:
        """Return the cells of a column of the first table, from the top."""
        titles = self.page.locator("table").first.locator("thead th").all_inner_texts()
        at = [text.replace("\u00a0", " ").strip() for text in titles].index(title)
        rows = self.page.locator("table").first.locator("tbody tr:visible")
        return [row.locator("th, td").nth(at).inner_text() for row in rows.all()]

    def barriers(self) -> list[str]:
        """Return what axe finds, serious or not."""
        # axe would fetch the style sheet once more, which the policy of pages forbids
        found = Axe().run(self.page, options={"preload": False}).response["violations"]
        return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]


@contextmanager
def visiting(browser: Browser, path: Path, site: Path, **context: Any) -> Iterator[Visit]:
    """Open a page of a site, and hold at the end that nothing went wrong and nothing left the machine."""
    opened = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
    found = Visit(opened.new_page())
    found.page.goto(path.as_uri())
    yield found
    assert found.trouble == []
    assert found.requests
    assert [url for url in found.requests if not url.startswith((site.as_uri(), "data:,"))] == []
    opened.close()
