"""Every built-in component passes the checks that authors of plugins run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_knowledge import write_data

from core_harness.plugins.catalog import catalog
from core_harness.plugins.component import Instance, Stage
from core_harness.testing import TestServer
from core_harness.testing.contract.report import CHECKS, checked
from core_harness.testing.contract.subject import Outcome, Subject

PAIRS = 200
SLOW = {"learned-vote", "few-shot"}

TABLE = "pert,gene,label,split\nA,G,1,train\nA,H,0,train\nB,G,1,test\nB,H,0,test\n"


def made(stage: Stage, name: str, **parameters: Any) -> Instance:
    return catalog().make(stage, name, parameters)


def outcomes(instance: Instance) -> dict[str, Outcome]:
    report = checked(Subject(instance=instance, pairs=PAIRS))
    assert len(report.outcomes) == len(CHECKS[instance.stage])
    report.refuse()
    return {one.check.name: one for one in report.outcomes}


STAGED = [
    pytest.param(f.stage, f.name, marks=pytest.mark.slow if f.name in SLOW else ())
    for f in catalog()
    if f.distribution == "core-harness"
    and f.stage in {"retriever", "organizer", "aggregator"}
    and f.name != "cell-count"
]


@pytest.mark.parametrize(("stage", "name"), STAGED)
def test_stages_between_rows_and_scores(stage: Stage, name: str) -> None:
    found = outcomes(made(stage, name))
    passed = {check for check, one in found.items() if one.status == "passed"}
    assert {"returns-what-its-stage-returns", "order-of-rows", "labels-of-queries-unseen"} <= passed


def test_what_cannot_be_used_everywhere_says_where() -> None:
    found = outcomes(made("retriever", "response"))["returns-what-its-stage-returns"]
    assert "the unseen-perturbation regime has none" in found.found


def test_what_needs_more_than_pairs_is_skipped_with_the_reason() -> None:
    found = outcomes(made("aggregator", "cell-count"))["returns-what-its-stage-returns"]
    assert found.status == "skipped"
    assert "cell-count needs the number of cells of each perturbation" in found.found


def test_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcomes(made("dataset", "simulated"))["brings-a-graph"].status == "passed"
    (tmp_path / "table.csv").write_text(TABLE)
    assert outcomes(made("dataset", "table", path=str(tmp_path / "table.csv")))["rows-can-be-used"].found
    write_data(tmp_path / "data")
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path / "data"))
    assert outcomes(made("dataset", "perturbqa"))["rows-can-be-used"].status == "passed"


@pytest.mark.parametrize("name", ["l1000", "genetak"])
def test_data_that_are_not_here_are_skipped_and_the_reason_is_printed(name: str) -> None:
    found = outcomes(made("dataset", name))["rows-can-be-used"]
    assert found.status == "skipped"
    assert found.found


@pytest.mark.slow  # litellm is imported
def test_a_model_behind_a_server() -> None:
    with TestServer() as server:
        model = made("llm", "litellm", model="hosted_vllm/any", api_base=server.url)
        found = outcomes(model)
    assert found["replies-or-says-why-not"].found.endswith(", simulated")
    assert {one.status for one in found.values()} == {"passed"}


def test_a_model_is_checked_without_a_request(tmp_path: Path) -> None:
    (tmp_path / "no.gguf").write_bytes(b"GGUF")
    report = checked(Subject(instance=made("llm", "llamacpp", model=str(tmp_path / "no.gguf")), asks=False))
    report.refuse()
    found = {one.check.name: one for one in report.outcomes}
    assert found["identity-is-whole"].status == "passed"
    assert found["replies-or-says-why-not"].found == "it was not to be sent any request"


def test_no_built_in_is_left_out() -> None:
    stages = {f.stage for f in catalog() if f.distribution == "core-harness"}
    known = {f.name for f in catalog() if f.stage == "dataset" and f.distribution == "core-harness"}
    assert stages == set(CHECKS)
    assert known == {"simulated", "table", "perturbqa", "l1000", "genetak"}
