"""A board of 500 runs in Chromium: how long it takes to open and to sort, by the page's own clock.

Prints how large the page is, and milliseconds of one visit: until the page is ready, of sorting by text and
by number, of a search, and of showing a column::

    python benchmarks/pages.py
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from core_harness import evaluate
from core_harness.evaluation.session import Session
from core_harness.leaderboard import build, write_site
from core_harness.runs.folder import Run, open_run

RUNS = 500
TIMED = """() => { const start = performance.now(); ACT; document.body.offsetHeight;
    return Math.round(performance.now() - start); }"""
ACTIONS = {
    "sort by method": "document.querySelector('th[data-key=method] button').click()",
    "sort by figure": "document.querySelector('th[data-key=value] button').click()",
    "search": "const box = document.getElementById('filter'); box.value = 'method-1';"
    " box.dispatchEvent(new Event('input'))",
    "show a column": "document.querySelector('[data-columns] [value=parameters]').click()",
}


def make_runs(folder: Path) -> None:
    """Write runs below ``folder`` that differ in name and scores, the first by the program itself."""
    (result,) = evaluate("simulated", "voting", out=folder)
    assert result.run is not None
    run = open_run(result.run)
    for at in range(1, RUNS):
        write_copy(run, folder / f"method-{at:03}", np.random.default_rng(at % 20))


def write_copy(run: Run, folder: Path, random: np.random.Generator) -> None:
    """Write a run with other scores under its folder's name."""
    folder.mkdir()
    predictions = run.predictions()
    noisy = predictions.with_columns(score=predictions["score"] * 0.8 + 0.2 * random.random(len(predictions)))
    noisy.write_parquet(folder / "predictions.parquet")
    record = run.manifest.as_json()
    record["method"] = {**record["method"], "label": folder.name}
    record["predictions_sha256"] = hashlib.sha256((folder / "predictions.parquet").read_bytes()).hexdigest()
    (folder / "run.json").write_text(json.dumps(record))


def main() -> None:
    """Make the runs, build the board, and visit it."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        make_runs(folder / "runs")
        write_site(build([folder / "runs"], "simulated", Session(), resamples=200), folder / "site")
        index = folder / "site" / "index.html"
        print(f"{RUNS} runs, {index.stat().st_size / 1e6:.1f} MB")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(index.as_uri())
        ready = "Math.round(performance.getEntriesByType('navigation')[0].domComplete)"
        print(f"open: {page.evaluate(ready)} ms")
        for what, act in ACTIONS.items():
            timed = TIMED.replace("ACT", act)
            print(f"{what}: {page.evaluate(timed)} ms")
        browser.close()


if __name__ == "__main__":
    main()
