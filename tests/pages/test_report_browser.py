"""A report in a real browser: prompts are searched and paged, by mouse and by keyboard, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import HOSTILE, TOO_WIDE, Visit, chromium, needs_browser, visiting
from playwright.sync_api import Browser
from small_runs import made, rewrite

import core_harness
from core_harness import Session, evaluate
from core_harness.runs.folder import open_run
from core_harness.testing import TestServer

pytestmark = needs_browser

SHOWS_ANOTHER = "before => document.querySelector('[data-shown]').innerText !== before"
"""Whether the line above the prompts says something else than before."""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of three runs: one with a hostile name, and one that asked a scripted model."""
    folder = tmp_path_factory.mktemp("reports")
    parameters = {"dataset": {"perturbations": 100, "genes": 30, "modules": 5}}
    runs = made(folder / "runs", parameters=parameters)
    rewrite(runs[0], method={"label": HOSTILE})
    with pytest.MonkeyPatch.context() as patched, TestServer(model="follows-evidence") as server:
        patched.setenv("CORE_HARNESS_CACHE", str(folder / "cache"))
        (asked,) = evaluate(
            "simulated",
            "few-shot",
            model="hosted_vllm/simulated",
            parameters={**parameters, "llm": {"api_base": server.url}},
            out=folder / "runs",
        )
    assert asked.run is not None
    path = folder / "report.html"
    opened = [open_run(run.folder) for run in runs]
    core_harness.report([*opened, asked.run], Session(resamples=50)).write(path)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(params=["light", "dark"])
def visit(request: pytest.FixtureRequest, browser: Browser, page_file: Path) -> Iterator[Visit]:
    with visiting(browser, page_file, page_file, color_scheme=request.param) as found:
        yield found


def entries(visit: Visit) -> list[str]:
    return visit.page.locator("[data-list] > details > summary").all_inner_texts()


def test_prompts_are_paged_searched_and_filtered(visit: Visit) -> None:
    page = visit.page
    state = page.get_by_role("status")
    page.get_by_role("button", name="Next").wait_for()
    total = int(state.inner_text().split()[2].replace(",", ""))
    assert len(entries(visit)) == 20 < total
    first = entries(visit)
    page.get_by_role("button", name="Next").click()
    assert entries(visit)[0] != first[0]
    page.get_by_role("button", name="Previous").click()
    assert entries(visit) == first

    page.get_by_role("combobox", name="Answer").select_option("wrong")
    wrong = int(state.inner_text().split()[0])
    assert 0 < wrong < total
    assert all(text.endswith("wrong") for text in entries(visit))
    page.get_by_role("combobox", name="Answer").select_option("right")
    assert int(state.inner_text().split()[0]) == total - wrong
    page.get_by_role("combobox", name="Answer").select_option("")

    gene = first[3].split(" on ")[1].split(" in ")[0]
    before = state.inner_text()
    page.get_by_label("Search").fill(f"{gene.lower()} IN")
    page.wait_for_function(SHOWS_ANOTHER, arg=before)  # typing is waited for before the search
    assert entries(visit)
    assert all(f"on {gene} in" in text for text in entries(visit))


def test_the_answer_is_marked_where_it_was_read(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Next").wait_for()
    visit.page.locator("[data-list] summary").first.click()
    reply = visit.page.locator("[data-list] details[open]")
    reply.locator("mark").first.wait_for()  # an entry is filled after it has been opened
    assert reply.locator("mark").count() == 1
    assert reply.locator("mark").inner_text() in {"yes", "no"}
    assert "Prompt" in reply.locator("h4").all_inner_texts()


def test_keyboard_alone_reaches_a_reply(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-search]')"):
            break
    before = page.locator("[data-shown]").inner_text()
    page.keyboard.type("SIMG00")
    page.keyboard.press("Tab")
    assert page.locator("[data-shown]").inner_text() != before  # leaving the field searches at once
    for _ in range(4):
        if page.evaluate("document.activeElement.matches('[data-list] summary')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("[data-list] details[open] pre").first.wait_for()
    assert page.locator("[data-list] details[open] pre").count() >= 2


def test_nothing_stands_in_the_way(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Next").wait_for()
    for summary in visit.page.locator("details > summary").all():
        summary.click()
    assert visit.barriers() == []
    assert visit.page.title().startswith(HOSTILE)


@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_is_as_wide_as_the_screen(browser: Browser, page_file: Path, width: int) -> None:
    with visiting(browser, page_file, page_file, viewport={"width": width, "height": 900}) as visit:
        visit.page.get_by_role("button", name="Next").wait_for()
        for summary in visit.page.locator("details > summary").all():
            summary.click()
        assert visit.page.evaluate(TOO_WIDE) == 0


def test_without_scripts_all_but_the_prompts_can_be_read(browser: Browser, page_file: Path) -> None:
    with visiting(browser, page_file, page_file, java_script_enabled=False) as visit:
        assert visit.page.get_by_role("heading", name="Comparison").is_visible()
        assert visit.page.get_by_text("a browser shows them where scripts are allowed").is_visible()
        assert visit.page.get_by_role("button").count() == 0
