"""The site in a real browser, from the file system: what a person does with it, by mouse and by keyboard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from small_boards import board_of
from small_runs import made, rewrite

from core_harness.leaderboard import write_site

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
STRATEGIES = ("gene-frequency", "constant", "potency", "retrieval", "voting")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CORE_HARNESS_REQUIRE_BROWSER"),
        reason="no chromium on this machine (Debian: apt-get install chromium)",
    ),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A board with five methods, one of which has a hostile name, and an unranked run."""
    folder = tmp_path_factory.mktemp("home")
    runs = made(folder / "runs", STRATEGIES)
    rewrite(runs[3], method={"label": HOSTILE})
    unranked = shutil.copytree(runs[0].folder, folder / "runs" / "unranked")
    (unranked / "run.json").write_text("{}")
    write_site(board_of([folder / "runs"]), folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
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


@pytest.fixture(params=["light", "dark"])
def visit(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Visit]:
    """Open the board, and hold at the end that nothing went wrong and nothing left the machine."""
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 900})
    found = Visit(context.new_page())
    found.page.goto((site / "index.html").as_uri())
    yield found
    assert found.trouble == []
    assert found.requests
    assert [url for url in found.requests if not url.startswith((site.as_uri(), "data:,"))] == []
    context.close()


def test_a_person_sorts_filters_and_opens_a_run(visit: Visit) -> None:
    page = visit.page
    assert "SIMULATED" in page.title()
    assert HOSTILE in visit.column("method")
    assert visit.column("rank") == sorted(visit.column("rank"))
    page.get_by_role("button", name="method").first.click()
    assert visit.column("method") == sorted(visit.column("method"), key=str.casefold)
    page.get_by_role("button", name="method").first.click()
    assert visit.column("method") == sorted(visit.column("method"), key=str.casefold, reverse=True)
    page.get_by_role("button", name="pooled AUROC").first.click()
    values = [float(cell.split()[0]) for cell in visit.column("pooled AUROC [95 %]")]
    assert values == sorted(values)
    assert page.locator("th[aria-sort]").first.get_attribute("aria-sort") == "ascending"

    page.get_by_label("Show methods with").fill("VOT")
    assert visit.column("method") == ["voting"]
    assert page.get_by_role("status").inner_text().startswith("1 of ")
    page.get_by_label("Show methods with").fill("")
    assert len(visit.column("method")) == len(STRATEGIES)

    page.get_by_role("link", name="voting").click()
    assert page.get_by_role("heading", level=1).inner_text() == "voting on simulated"
    pictures = page.get_by_role("img")
    assert pictures.count() == 4
    for title in ("AUROC gene by gene", "Reliability", "Risk and coverage", "Score and gene frequency"):
        assert page.get_by_role("img", name=title).count() == 1
    page.go_back()
    page.get_by_role("link", name=HOSTILE).click()
    assert page.get_by_role("heading", level=1).inner_text() == f"{HOSTILE} on simulated"
    assert "taken over" not in page.title().replace(HOSTILE, "")


def test_it_can_be_used_by_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Tab")
    page.keyboard.type("constant")
    assert visit.column("method") == ["constant"]
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text() == "method":
            break
    page.keyboard.press("Enter")
    assert visit.column("method") == sorted(visit.column("method"), key=str.casefold)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator(":focus").get_attribute("href"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*.html")


def test_nothing_stands_in_anybodys_way(visit: Visit) -> None:
    """Neither on the board nor on a run's page does axe find anything, serious or not."""
    for _ in range(2):
        # axe would fetch the style sheet once more, which the site's policy forbids
        found = Axe().run(visit.page, options={"preload": False}).response["violations"]
        assert [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found] == []
        visit.page.get_by_role("link", name="voting").or_(
            visit.page.get_by_role("link", name="small")
        ).click()
        visit.page.wait_for_load_state()
        for card in visit.page.locator("details summary").all():
            card.click()


def test_colours_follow_the_persons_choice(visit: Visit, request: pytest.FixtureRequest) -> None:
    scheme = request.node.callspec.params["visit"]
    colour = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    bright = sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")) > 3 * 128
    assert bright == (scheme == "light")


def test_on_a_narrow_screen_tables_scroll_and_the_page_does_not(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 380, "height": 800})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert visit.page.evaluate(wide) == 0
    visit.page.get_by_role("link", name="voting").click()
    visit.page.wait_for_load_state()
    visit.page.locator("details summary").first.click()
    assert visit.page.get_by_role("table").first.is_visible()
    assert visit.page.evaluate(wide) == 0


def test_without_scripts_it_can_be_read_all_the_same(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    assert page.get_by_role("link", name="voting").is_visible()
    context.close()
