"""A session loads each thing once, and makes a method again from its reference alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_runs import SMALL as WORLD
from small_runs import made, rewrite
from worlds import world

from core_harness import RunSpec, Session
from core_harness.analysis.audit import audit_run
from core_harness.analysis.cards import Pair
from core_harness.analysis.explain import explain_run
from core_harness.errors import RunError, UsageError
from core_harness.evaluation import graphs, pipeline
from core_harness.evaluation.running import evaluate_method, evaluate_spec
from core_harness.evaluation.spec import Parameters
from core_harness.plugins.guard import call
from core_harness.runs.folder import open_run
from core_harness.runs.manifest import MethodReference

SMALL: Parameters = {"dataset": WORLD["dataset"]}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the calls of components by the pipeline and the session."""
    seen: list[str] = []

    def counted(instance: Any, method: str, *arguments: Any) -> Any:
        seen.append(f"{instance.stage}.{method}")
        return call(instance, method, *arguments)

    for module in (pipeline, graphs, __import__("core_harness.evaluation.session", fromlist=["call"])):
        monkeypatch.setattr(module, "call", counted)
    return seen


def test_nothing_is_loaded_twice(tmp_path: Path, calls: list[str]) -> None:
    session = Session()
    spec = RunSpec(strategies=("voting", "potency"), parameters=SMALL)
    for result in evaluate_spec(session, spec, out=tmp_path):
        assert result.run is not None
        audit_run(open_run(result.run), session, make_controls=False, resamples=20)
    evaluate_spec(session, RunSpec(strategies=("potency",), parameters=SMALL, seed=1))
    assert calls.count("dataset.rows") == 1
    assert calls.count("dataset.knowledge") == calls.count("retriever.use") == 1


def test_a_method_is_made_again_from_its_reference(tmp_path: Path) -> None:
    (run,) = made(
        tmp_path, ["voting"], parameters={**SMALL, "aggregator": {"power": 1.0}}, retriever="symbol"
    )
    session = Session()
    again = session.method(run.manifest.method)
    assert again.reference == run.manifest.method
    loaded = session.load_of(run.manifest, run.name)
    result = evaluate_method(session, again, RunSpec(dataset="simulated"), dataset=loaded.dataset)
    assert result.predictions.equals(run.predictions())


def renamed(reference: MethodReference, **changes: Any) -> MethodReference:
    parts = reference.components
    changed = {stage: part.model_copy(update=changes.get(stage, {})) for stage, part in parts.items()}
    return reference.model_copy(update={"components": changed})


def test_a_name_that_stands_for_something_else_now_is_refused(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"])
    reference, session = run.manifest.method, Session()
    with pytest.raises(RunError, match="voting was made with another aggregator than these names"):
        session.method(renamed(reference, aggregator={"target": "made.up:Other"}))
    with pytest.raises(UsageError, match="unknown parameter of aggregator 'vote' 'gone'"):
        session.method(renamed(reference, aggregator={"parameters": {"gone": 1}}))
    with pytest.raises(UsageError, match="unknown retriever 'gone'"):
        session.method(renamed(reference, retriever={"name": "gone"}))
    with pytest.raises(RunError, match="has no organizer"):
        session.method(
            reference.model_copy(update={"components": {"retriever": reference.components["retriever"]}})
        )
    with pytest.raises(UsageError, match="was made elsewhere"):
        session.method(MethodReference(label="GEARS"))
    assert session.method(renamed(reference, aggregator={"version": "0.0.1"})).label == "voting"


def test_a_run_is_explained_and_resumed_with_its_own_dataset(tmp_path: Path) -> None:
    """A run of a table goes by the path that it was made with, whatever else is called so now."""
    world(perturbations=30).write_csv(tmp_path / "a.csv")
    (result,) = evaluate_spec(
        Session(),
        RunSpec(dataset=f"table:{tmp_path / 'a.csv'}", strategies=("gene-frequency",)),
        out=tmp_path / "runs",
    )
    assert result.run is not None
    row = result.predictions.row(0, named=True)
    card = explain_run(open_run(result.run), Pair(perturbation=row["perturbation"], gene=row["gene"]))
    assert card.score == row["score"]


def test_other_settings_share_what_is_loaded(calls: list[str]) -> None:
    session = Session()
    session.load(RunSpec(parameters=SMALL))
    other = session.with_settings(session.settings)
    assert other is not session
    other.load(RunSpec(parameters=SMALL))
    assert calls.count("dataset.rows") == 1


def test_one_seed_more_is_another_division_of_the_same_rows() -> None:
    session = Session()
    one, two = (session.load(RunSpec(parameters=SMALL, limit=100, seed=seed)) for seed in (0, 1))
    assert one.packed is two.packed
    assert not one.split.queries.equals(two.split.queries)
    assert isinstance(one.rows, pl.DataFrame)


def test_a_run_of_another_graph_is_not_made_again(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"])
    row = run.predictions().row(0, named=True)
    other = rewrite(run, graph_sha256="0" * 64)
    with pytest.raises(RunError, match="the knowledge graph is not the one that this run of voting read"):
        explain_run(other, Pair(perturbation=row["perturbation"], gene=row["gene"]))
