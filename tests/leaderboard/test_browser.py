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

    page.get_by_label("Search").fill("VOT")
    assert visit.column("method") == ["voting"]
    assert page.get_by_role("status").inner_text().startswith("1 of ")
    page.get_by_label("Search").fill("")
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
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "filter":
            break
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


def test_the_url_keeps_what_was_chosen(visit: Visit) -> None:
    page = visit.page
    assert "kind of method" not in titles(visit)
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="kind of method").check()
    page.get_by_role("checkbox", name="p (Holm)").uncheck()
    page.get_by_role("combobox", name="Kind of method").select_option("no evidence")
    page.get_by_role("button", name="pooled AUROC").first.click()
    chosen = visit.column("method"), visit.column("kind of method")
    assert set(chosen[1]) == {"no evidence"}
    page.reload()
    assert (visit.column("method"), visit.column("kind of method")) == chosen
    assert "p (Holm)" not in titles(visit)
    assert page.get_by_role("combobox", name="Kind of method").input_value() == "no evidence"
    page.goto(page.url.partition("#")[0] + "#sort=nonsense+x+y&column=%22%5D&kind=none+such")
    page.reload()
    assert len(visit.column("method")) == len(STRATEGIES)


def titles(visit: Visit) -> list[str]:
    heads = visit.page.locator("table").first.locator("thead th:visible").all_inner_texts()
    return [text.replace("\u00a0", " ").strip() for text in heads]


def test_files_of_a_run_can_be_downloaded(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("link", name="voting").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="predictions", exact=True).click()
    assert download.value.path().stat().st_size > 1000
    visit.trouble.remove(download.value.url)  # a page that is left for a download was not loaded
    page.get_by_role("link", name="record", exact=True).click()
    page.wait_for_url("**/runs/voting-*.json")


def test_colours_follow_the_persons_choice(visit: Visit, request: pytest.FixtureRequest) -> None:
    scheme = request.node.callspec.params["visit"]
    colour = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    bright = sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")) > 3 * 128
    assert bright == (scheme == "light")


def test_on_a_narrow_screen_rank_method_and_figure_fit(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 400, "height": 800})
    visit.page.reload()
    assert titles(visit) == ["rank", "method", "macro-per-gene AUROC [95 %]"]
    assert visit.page.evaluate(TOO_WIDE) == 0
    table = "document.querySelector('[data-table]').scrollWidth <= document.documentElement.clientWidth"
    assert visit.page.evaluate(table)
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
