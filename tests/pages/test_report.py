"""A report of runs: all that can be shown of each, why the rest cannot be, and nothing from elsewhere."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from browsing import HOSTILE
from program import run_apart, run_here
from small_runs import SMALL, made, rewrite

import core_harness
from core_harness import Session, evaluate
from core_harness.errors import UsageError
from core_harness.pages import prompts
from core_harness.pages.section import section_of
from core_harness.runs.folder import Run, open_run
from core_harness.testing import TestServer


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return made(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that asked a scripted model."""
    folder = tmp_path_factory.mktemp("asked")
    with pytest.MonkeyPatch.context() as patched, TestServer(model="follows-evidence") as server:
        patched.setenv("CORE_HARNESS_CACHE", str(folder / "cache"))
        parameters = {"dataset": {"perturbations": 60, "genes": 20, "modules": 4}}
        (result,) = evaluate(
            "simulated",
            "few-shot",
            model="hosted_vllm/simulated",
            parameters={**parameters, "llm": {"api_base": server.url}},
            out=folder,
        )
    assert result.run is not None
    return open_run(result.run)


def page_of(*runs: Run) -> str:
    return core_harness.report(runs, Session(resamples=50)).html


def unpacked(page: str) -> list[dict[str, Any]]:
    chunks = re.findall(r'<script type="text/plain">(.*?)</script>', page)
    return [record for chunk in chunks for record in json.loads(gzip.decompress(base64.b64decode(chunk)))]


def test_it_shows_verdict_figures_comparison_pictures_strata_and_evidence(runs: list[Run]) -> None:
    page = page_of(*runs)
    assert "tells perturbations of the same gene apart" in page
    for title in ("Comparison", "Pictures", "Where it works", "Best predictions", "All metrics"):
        assert f">{title}</" in page
    for picture in ("AUROC gene by gene", "Reliability", "Risk and coverage", "By gene frequency", "Runs"):
        assert f">{picture}</title>" in page
    assert page.count('<details class="card">') == 6  # gene frequency has neither best nor worst
    assert "Not shown" not in page


def test_it_refers_to_nothing_and_is_the_same_each_time(runs: list[Run]) -> None:
    page = page_of(*runs)
    assert page == page_of(*runs)
    assert re.findall(r"\b(?:src|href)=\"(?!#|data:,)", page) == []
    assert "http://" not in page
    assert "https://" not in page
    assert str(runs[0].folder.parent) not in page


def test_the_figures_are_those_of_the_run(runs: list[Run]) -> None:
    section = section_of(runs[1], Session())
    assert section.result is not None
    wrote = runs[1].report()["metrics"]["macro_gene_auroc"]
    assert section.result["metrics"]["macro_gene_auroc"] == wrote


def test_what_a_record_says_is_text(runs: list[Run], tmp_path: Path) -> None:
    copy = open_run(shutil.copytree(runs[1].folder, tmp_path / "copy <b>"))
    page = page_of(rewrite(copy, None, method={"label": HOSTILE}))
    assert page.count("<script") == 1
    assert "<img" not in page
    assert "<b>" not in page


def test_what_cannot_be_shown_has_its_reason(runs: list[Run], tmp_path: Path) -> None:
    incomplete = open_run(shutil.copytree(runs[0].folder, tmp_path / "incomplete"))
    page = page_of(rewrite(incomplete, None, state="partial"))
    assert "Not shown: figures: incomplete is incomplete" in page
    assert "partial: no figures" in page


def test_prompts_come_with_replies_marks_answers_and_labels(asked: Run) -> None:
    page = page_of(asked)
    records = unpacked(page)
    queries = {
        f"{row['perturbation']} on {row['gene']} in {row['context']}"
        for row in asked.predictions().iter_rows(named=True)
    }
    assert {answer["of"] for record in records for answer in record["answers"]} == queries
    for record in records:
        assert record["user"]
        assert record["reply"][1] in {"yes", "no"}
        assert {answer["label"] for answer in record["answers"]} <= {0, 1}
        assert {answer["status"] for answer in record["answers"]} == {"ok"}


def test_a_page_that_would_be_too_large_says_what_it_leaves_out(
    asked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = section_of(asked, Session(resamples=10)).prompts
    assert whole is not None
    assert whole.left_out == 0
    monkeypatch.setattr(prompts, "_CHUNK", 10)
    monkeypatch.setattr("core_harness.pages.report.MOST_CHARACTERS", len(whole.chunks[0]))
    page = page_of(asked)
    kept = len(unpacked(page))
    assert 0 < kept < whole.number
    assert f"{whole.number - kept:,} of the prompts are left out" in page


def test_a_journal_that_is_gone_leaves_the_prompts(asked: Run, tmp_path: Path) -> None:
    copy = open_run(shutil.copytree(asked.folder, tmp_path / "copy"))
    (copy.folder / "replies.sqlite").unlink()
    (*_, record) = unpacked(page_of(copy))
    assert record["reply"] is None
    assert record["why"] == "it is not in the journal"
    assert record["answers"][0]["status"] == "not_asked"


def test_a_notebook_shows_the_page_in_a_frame(runs: list[Run]) -> None:
    shown = core_harness.report([runs[0].folder], Session(resamples=10))._repr_html_()
    assert shown.startswith("<iframe ")
    assert 'sandbox="allow-scripts"' in shown
    assert shown.count("<") == 2
    with pytest.raises(UsageError, match="at least one run"):
        core_harness.report([])


def test_the_command(runs: list[Run], tmp_path: Path) -> None:
    folder = str(runs[0].folder.parent)
    done = run_here("report", runs[0].name, "--in", folder, "-o", "page.html", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "page.html\n")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    refused = run_here("report", runs[0].name, "--in", folder, "-o", "none/page.html", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].endswith("name another file with --out")
    unknown = run_here("report", "nothing", cwd=tmp_path)
    assert (unknown.returncode, unknown.stderr.count("\n")) == (5, 1)


@pytest.mark.slow
def test_only_an_earlier_page_is_replaced(runs: list[Run], tmp_path: Path) -> None:
    page = core_harness.report(runs[:1], Session(resamples=50))
    mine, link, pipe = tmp_path / "mine.txt", tmp_path / "link.html", tmp_path / "pipe"
    mine.write_text("mine", encoding="utf-8")
    link.symlink_to(mine)
    os.mkfifo(pipe)
    for path in (mine, link, pipe, runs[0].folder / "predictions.parquet"):
        with pytest.raises(UsageError, match=r"exists and is no report of core-harness; name another file"):
            page.write(path)
    (tmp_path / "page.html.tmp").symlink_to(mine)
    for _ in range(2):
        page.write(tmp_path / "page.html")
    assert (mine.read_text(encoding="utf-8"), pipe.is_fifo(), link.is_symlink()) == ("mine", True, True)


def test_it_opens_in_the_browser_of_the_user(runs: list[Run], tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path / "opened"}\n')
    browser.chmod(0o755)
    done = run_apart("report", str(runs[0].folder), "--open", cwd=tmp_path, BROWSER=f"{browser} %s")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "opened").read_text().strip() == (tmp_path / "report.html").as_uri()


def test_a_run_on_other_data_is_compared_with_none(runs: list[Run], tmp_path: Path) -> None:
    parameters = {**SMALL, "dataset": {**SMALL["dataset"], "seed": 3}}
    (other,) = made(tmp_path / "other", ("gene-frequency",), parameters=parameters)
    page = page_of(runs[0], other)
    assert re.search(r"None: [^<]*(pairs|rows)", page)
