"""The pipeline: what is checked at the stages, what stays in it, and that its bytes stay the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest
from worlds import world

from core_harness import Evidence, evaluate
from core_harness.data.splits import split_rows
from core_harness.errors import DataError, PluginError
from core_harness.evaluation.methods import make_methods
from core_harness.evaluation.pipeline import predict, show
from core_harness.evaluation.spec import RunSpec
from core_harness.knowledge.facts import Facts
from core_harness.llm.answers import ANSWERS
from core_harness.plugins.catalog import Catalog, catalog
from core_harness.plugins.component import Component, Stage
from core_harness.plugins.discovery import Found
from core_harness.registry.loading import shipped_registry
from core_harness.schemas import Block, Task

TASK = Task(
    dataset="d", question="de", agent="knockdown", regime="unseen-perturbation", seed=0, simulated=True
)


class Spy:
    """A component at three stages that keeps what it was shown and returns what it is told to."""

    gives: ClassVar[frozenset[str]] = frozenset({"evidence"})
    needs: ClassVar[frozenset[str]] = frozenset({"evidence"})
    seen: ClassVar[list[Any]] = []
    relations: ClassVar[pl.DataFrame]
    predictions: ClassVar[Any] = None

    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        self.seen.append(block)
        return self.relations

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        self.seen.append(evidence)
        return evidence

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> Any:
        assert answers.is_empty()
        self.seen.append(evidence)
        plain = evidence.pairs.select("pair_id", pl.lit(0.5).alias("score"), pl.lit("ok").alias("status"))
        return plain if Spy.predictions is None else Spy.predictions(plain)


@dataclass
class Watched:
    """A pipeline with a spy at every stage."""

    rows: pl.DataFrame = field(default_factory=world)

    def predict(self) -> pl.DataFrame:
        stages: tuple[Stage, ...] = ("retriever", "organizer", "aggregator")
        spies = [Found(Component("spy", f"{__name__}:Spy", ""), "test", "0", d) for d in stages]
        components = Catalog([*catalog(), *spies])
        spec = RunSpec(strategies=("voting",), retriever="spy", organizer="spy", aggregator="spy")
        (method,) = make_methods(spec, shipped_registry(), components)
        shown = show(method, TASK, split_rows(self.rows), None, Facts.none())
        return predict(method, TASK, shown.evidence, pl.DataFrame(schema=dict(ANSWERS)))


def relate(*rows: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"perturbation": pl.String, "neighbour": pl.String, "weight": pl.Float64}, orient="row"
    )


@pytest.fixture(autouse=True)
def _fresh_spy() -> None:
    Spy.seen.clear()
    Spy.relations = relate(("P00", "P01", 1.0))
    Spy.predictions = None


def test_no_component_is_shown_the_label_of_a_query() -> None:
    rows = world()
    predictions = Watched(rows).predict()
    tests = rows.filter(pl.col("split") == "test")
    assert predictions.height == tests.height
    assert len(Spy.seen) == 3
    for shown in Spy.seen:
        block = shown if isinstance(shown, Block) else shown.block
        assert set(block.pairs.columns) == {"pair_id", "context", "perturbation", "gene"}
        hidden = block.support.join(tests, on=["context", "perturbation", "gene"], how="semi")
        assert hidden.is_empty()


@pytest.mark.parametrize(
    ("relations", "message"),
    [
        (relate(("P00", "P01", -1.0)), "negative or not finite: P00 and P01"),
        (relate(("P00", "P01", float("nan"))), "negative or not finite"),
        (relate(("P00", "P00", 1.0)), "a perturbation related to itself: P00 and P00"),
        (relate(("P00", "P01", 1.0), ("P00", "P01", 0.5)), "a pair twice: P00 and P01"),
        (relate(("P00", "P01", 1.0)).drop("weight"), "returned no column 'weight'"),
        (
            relate(("P00", "P01", 1.0)).with_columns(weight=pl.lit("1")),
            "column 'weight' is String, wanted Float64",
        ),
        ("nonsense", "returned str, wanted a polars DataFrame"),
    ],
)
def test_relations_are_checked_at_the_door(relations: Any, message: str) -> None:
    Spy.relations = relations
    with pytest.raises(PluginError) as caught:
        Watched().predict()
    assert message in str(caught.value)
    assert "retriever 'spy'" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.head(3), "returned 3 predictions"),
        (lambda p: pl.concat([p, p]), "must return each pair_id once"),
        (lambda p: p.drop("status"), "returned no column 'status'"),
        (
            lambda p: p.with_columns(pair_id=pl.col("pair_id").cast(pl.Int64) - 5),
            "column 'pair_id' does not fit",
        ),
    ],
)
def test_predictions_are_checked_at_the_door(change: Any, message: str) -> None:
    Spy.predictions = staticmethod(change)
    with pytest.raises(PluginError) as caught:
        Watched().predict()
    assert message in str(caught.value)


def test_predictions_may_come_in_any_order_and_may_lack_a_score() -> None:
    Spy.predictions = staticmethod(lambda p: p.reverse().with_columns(score=pl.lit(None, pl.Float64)))
    predictions = Watched().predict()
    assert predictions["pair_id"].is_sorted()
    assert predictions["score"].null_count() == predictions.height


def table(path: Path, rows: pl.DataFrame) -> str:
    rows.write_csv(path)
    return f"table:{path}"


def test_the_same_bytes_twice_and_on_shuffled_rows(tmp_path: Path) -> None:
    rows = world(perturbations=40, genes=30)
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=1)
    written = []
    for name, frame in (("a", rows), ("b", rows), ("c", shuffled)):
        dataset = table(tmp_path / f"{name}.csv", frame)
        for result in evaluate(
            dataset, ["gene-frequency", "voting"], retriever="random", seed=3, out=tmp_path / name
        ):
            assert result.run is not None
            written.append(
                (name, result.strategy, (result.run / "predictions.parquet").read_bytes(), result.report)
            )
    for strategy in {entry[1] for entry in written}:
        same = [entry[2:] for entry in written if entry[1] == strategy]
        assert len(same) == 3
        assert same[0] == same[1] == same[2]


@pytest.mark.slow
def test_a_control_is_the_mean_of_twenty_seeds(tmp_path: Path) -> None:
    (result,) = evaluate("simulated", "voting", control="shuffled-labels", out=tmp_path)
    assert result.report.repeats == 20
    assert result.predictions["seed"].unique().len() == 20
    value = result.report.metrics["macro_gene_auroc"].value
    assert value == pytest.approx(0.5, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("control", ["shuffled-labels", "random-neighbours"])
def test_gene_frequency_does_not_feel_a_control(control: Any) -> None:
    (plain,) = evaluate("simulated", "gene-frequency")
    (broken,) = evaluate("simulated", "gene-frequency", control=control)
    assert broken.report.metrics["pooled_auroc"].value == pytest.approx(
        plain.report.metrics["pooled_auroc"].value
    )


def test_metrics_know_the_rate_of_each_gene_in_the_support() -> None:
    (frequency,) = evaluate("simulated", "gene-frequency")
    found = frequency.report.metrics
    assert found["brier_skill"].value == 0.0
    assert found["gene_prior_correlation"].value == pytest.approx(1.0)


def test_an_error_in_the_data_leaves_no_run(tmp_path: Path) -> None:
    rows = world().with_columns(split=pl.lit("train"))
    with pytest.raises(DataError):
        evaluate(table(tmp_path / "t.csv", rows), "constant", out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_the_embedded_default_makes_the_papers_point() -> None:
    frequency, voting = evaluate()
    assert frequency.task.simulated
    gene, pooled = (frequency.report.metrics[name].value for name in ("macro_gene_auroc", "pooled_auroc"))
    assert gene == 0.5
    assert pooled is not None
    assert pooled > 0.8
    low = voting.report.metrics["macro_gene_auroc"].low
    assert low is not None
    assert low > 0.6


def test_limits_are_the_same_for_all_methods() -> None:
    frequency, voting = evaluate(limit=200, only="evaluable")
    columns = ["context", "perturbation", "gene"]
    assert frequency.predictions.select(columns).equals(voting.predictions.select(columns))
    assert frequency.predictions.height < evaluate(strategies="constant")[0].predictions.height
    assert np.isfinite(voting.predictions["score"].to_numpy()).all()
