"""What results show of themselves in a terminal and in a notebook: figures, basis, verdict, no markup."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console
from small_runs import SMALL

from core_harness import Pair, audit, compare, evaluate, explain, load_run, score
from core_harness.evaluation.result import Results
from core_harness.sections import InSections, Section
from core_harness.text import figure


def text_of(shown: InSections) -> str:
    """Return what rich prints, on lines that are wide enough."""
    console = Console(width=10_000, highlight=False)
    with console.capture() as captured:
        console.print(shown)
    return captured.get()


class Cells(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data + " "


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Gene frequency and voting on a small world."""
    folder = tmp_path_factory.mktemp("shown") / "runs"
    return evaluate("simulated", ["gene-frequency", "voting"], parameters=SMALL, out=folder)


@pytest.fixture(scope="module")
def shown(results: Results, tmp_path_factory: pytest.TempPathFactory) -> dict[str, InSections]:
    """Everything that shows itself, made from these results."""
    row = results[1].predictions.row(0, named=True)
    file = tmp_path_factory.mktemp("file") / "p.csv"
    results[1].predictions.select("perturbation", "gene", "score").write_csv(file)
    return {
        "results": results,
        "result": results[1],
        "run": load_run(results[1]),
        "comparison": compare(results),
        "audit of a run": audit(results[1]),
        "audit of a dataset": audit("simulated", parameters=SMALL),
        "card": explain(Pair(perturbation=row["perturbation"], gene=row["gene"]), parameters=SMALL),
        "scored file": score(file, "simulated", parameters=SMALL),
    }


SAID = {
    "results": ("gene-frequency", "intervals from 1,000 resamples", "100%", "at chance within genes"),
    "result": (
        "voting",
        "intervals from 1,000 resamples",
        "100%",
        "tells perturbations of the same gene apart",
    ),
    "run": ("voting on simulated", "pairs answered", "pooled AUROC"),
    "comparison": ("gene-frequency", "2 - 1", "p (Holm)", "the same for all runs"),
    "audit of a run": (
        "voting on",
        "pairs answered",
        "The scores tell perturbations of the same gene apart.",
    ),
    "audit of a dataset": ("gene frequency", "Gene frequency alone reaches", "prevalence"),
    "card": ("voting, simulated", "the gene's rate is", "because (each layer alone)", "What would flip it"),
    "scored file": ("undeclared regime", "macro-per-gene AUROC"),
}


@pytest.mark.parametrize("what", SAID)
def test_what_is_shown_says_what_it_rests_on(
    what: str, shown: dict[str, InSections], results: Results
) -> None:
    text, page = text_of(shown[what]), Cells(shown[what]._repr_html_())
    for words in (*SAID[what], "SIMULATED", "seed 0"):
        assert words in text
        assert words in page.text
    gene = results[1].report.metrics["macro_gene_auroc"]
    if what not in {"card", "audit of a dataset"}:
        expected = figure({"value": gene.value, "low": gene.low, "high": gene.high})
        assert expected in text
        assert expected in page.text
    assert set(page.tags) <= {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td"}


def test_names_are_text_and_no_markup(results: Results) -> None:
    hostile = "<script>alert(1)</script>[bold]\x1b[31m"
    task = replace(results[0].task, dataset=hostile)
    method = results[0].method.model_copy(update={"label": hostile})
    result = replace(results[0], task=task, method=method)
    text, page = text_of(result), Cells(result._repr_html_())
    assert "script" not in page.tags
    for found in (text, page.text):
        assert found.count("<script>alert(1)</script>[bold]?[31m") >= 2
        assert "\x1b" not in found


def test_a_run_without_figures_says_so(results: Results) -> None:
    run = load_run(results[0])
    begun = replace(run, manifest=run.manifest.model_copy(update={"state": "running"}))
    assert f"run {run.name}, running: no figures" in text_of(begun)


def test_html_is_in_the_order_of_the_sections() -> None:
    class Two(InSections):
        def sections(self) -> list[Section]:
            return [
                Section(title="A", note="b", rows=[{"x": "1"}], sentences=["c"]),
                Section(sentences=["d"]),
            ]

    assert Two()._repr_html_() == (
        '<div class="core-harness"><p><strong>A</strong> (b)</p><table><thead><tr><th>x</th></tr></thead>'
        "<tbody><tr><td>1</td></tr></tbody></table><p>c</p><p>d</p></div>"
    )


@pytest.mark.slow
def test_results_import_nothing_to_show_themselves_before_they_do(tmp_path: Path) -> None:
    program = "import sys, core_harness.analysis.compare; print('rich' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "False"
