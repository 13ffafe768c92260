"""What audits say about K562."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from core_harness import evaluate
from core_harness.analysis.audit import audit_dataset, audit_run
from core_harness.cli import cli
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.runs.folder import open_run

DATA = Path(os.environ.get("CORE_HARNESS_DATA", Path(__file__).parents[3] / "shared" / "data"))

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"needs the real data; {DATA} is not there"),
]


@pytest.fixture(autouse=True)
def _data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(DATA))


def test_k562_can_be_judged_per_gene_only() -> None:
    shown = CliRunner().invoke(cli, ["audit", "perturbqa/k562"], catch_exceptions=False).stdout
    assert "Gene frequency alone reaches .957 pooled and .500 per gene" in shown
    assert "665 of 4,118 genes can be evaluated" in shown


def test_what_else_k562_holds() -> None:
    spec = RunSpec(dataset="perturbqa/k562")
    found = audit_dataset(spec, Session(), contexts=["hepg2"])
    assert (found.pairs, found.train_pairs, found.perturbations) == (23_212, 134_467, 267)
    assert found.prevalence == pytest.approx(0.134, abs=5e-4)
    assert found.pairs_by_gene.quantiles[2] == 7
    assert found.overlap.perturbations == found.overlap.pairs == 0
    assert found.synonyms is not None
    assert found.synonyms.across_splits == 0
    (told,) = found.elsewhere
    assert (told.other, told.in_train) == ("HepG2", 166)
    assert {agreement.pairs for agreement in found.agreements} == {1906}
    symbol = found.plain[2].macro_gene_auroc
    assert symbol is not None
    assert symbol.value == pytest.approx(0.599, abs=0.005)


def test_the_vote_on_k562_uses_its_evidence(tmp_path: Path) -> None:
    session = Session()
    (voting,) = evaluate("perturbqa/k562", "voting", out=tmp_path, session=session)
    evaluate("perturbqa/k562", "voting", out=tmp_path, control="positives-only", session=session)
    assert voting.run is not None
    found = audit_run(open_run(voting.run), session)
    assert found.verdict.sentence == "The scores tell perturbations of the same gene apart."
    assert {stratum.by for stratum in found.strata} == {
        "gene frequency",
        "perturbation strength",
        "degree in the graph",
        "evidence count",
    }
    ece, recalibrated = found.metrics["ece"].value, found.recalibrated["ece"].value
    assert ece is not None
    assert recalibrated is not None
    assert recalibrated < ece
    by_name = {control.control: control for control in found.controls}
    assert by_name["positives-only"].value is not None
    assert by_name["shuffled-labels"].missing == "not run; --controls runs it"
