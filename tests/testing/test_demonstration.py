"""CORE's argument, as plumbing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from core_harness.cli import cli
from core_harness.testing.demonstration import demonstrate

pytestmark = pytest.mark.slow  # a thousand calls through litellm


def test_the_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_CACHE", "nowhere")
    results = {(scene.model, scene.control): result for scene, result in demonstrate()}
    assert os.environ["CORE_HARNESS_CACHE"] == "nowhere"
    assert not Path("nowhere").exists()
    plausible, follows, ignores = (
        results[model, None] for model in ("always-plausible", "follows-evidence", "ignores-evidence")
    )
    gene = {key: result.report.metrics["macro_gene_auroc"] for key, result in results.items()}

    def around(key: tuple[str, str | None]) -> tuple[float, float, float]:
        estimate = gene[key]  # type: ignore[index]
        assert estimate.value is not None
        assert estimate.low is not None
        assert estimate.high is not None
        return estimate.low, estimate.value, estimate.high

    low, _, high = around(("always-plausible", None))
    assert low < 0.5 < high
    yes = plausible.report.metrics["overestimation"].value
    assert yes is not None
    assert yes > 2
    assert around(("follows-evidence", None))[0] > 0.6
    assert around(("follows-evidence", "shuffled-labels"))[1] == pytest.approx(0.5, abs=0.04)
    assert around(("ignores-evidence", "shuffled-labels"))[1] == pytest.approx(
        around(("ignores-evidence", None))[1], abs=0.01
    )
    assert {result.simulated for result in (plausible, follows, ignores)} == {("data", "answers")}


def test_its_help_says_that_it_is_no_finding() -> None:
    done = CliRunner().invoke(cli, ["demo", "--help"])
    assert "Data and answers are simulated" in " ".join(done.stdout.split())
