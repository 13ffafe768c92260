"""The site in a real browser, from the file system: what a person does with it, by mouse and by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import HOSTILE, TOO_WIDE, Visit, chromium, needs_browser, visiting
from playwright.sync_api import Browser
from small_boards import board_of
from small_runs import made, rewrite

from core_harness.leaderboard import write_site

STRATEGIES = ("gene-frequency", "constant", "potency", "retrieval", "voting")

pytestmark = needs_browser


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
    with chromium() as running:
        yield running


@pytest.fixture(params=["light", "dark"])
def visit(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Visit]:
    with visiting(browser, site / "index.html", site, color_scheme=request.param) as found:
        yield found


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
        assert visit.barriers() == []
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
    assert visit.page.evaluate(TOO_WIDE) == 0
    visit.page.get_by_role("link", name="voting").click()
    visit.page.wait_for_load_state()
    visit.page.locator("details summary").first.click()
    assert visit.page.get_by_role("table").first.is_visible()
    assert visit.page.evaluate(TOO_WIDE) == 0


def test_without_scripts_it_can_be_read_all_the_same(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    assert page.get_by_role("link", name="voting").is_visible()
    context.close()
