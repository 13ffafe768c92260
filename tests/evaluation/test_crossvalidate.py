"""Cross-validation: everything is fitted without the fold, and no test row is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from worlds import world

from core_harness import Evidence, RunSpec, Session
from core_harness.data.crossfit import folds
from core_harness.data.rates import gene_rate_of
from core_harness.errors import UsageError
from core_harness.evaluation.crossvalidate import crossvalidate, crossvalidate_all, support_of
from core_harness.evaluation.methods import Method
from core_harness.plugins.catalog import Catalog, catalog
from core_harness.plugins.component import Component, Stage
from core_harness.plugins.discovery import Found
from core_harness.schemas import Block, Task

KEY = ["context", "perturbation", "gene"]


class Spy:
    """A component at three stages that keeps what it was shown; it learns, and predicts .5."""

    gives: ClassVar[frozenset[str]] = frozenset({"evidence"})
    needs: ClassVar[frozenset[str]] = frozenset({"evidence"})
    examples: ClassVar[int] = 2
    related: ClassVar[list[Block]] = []
    learnt: ClassVar[list[tuple[list[Block], pl.DataFrame]]] = []

    def __init__(self, *, number: int = 0) -> None:
        self.number = number

    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        self.related.append(block)
        pairs = [(block.perturbations[0], block.candidates[-1], 1.0)]
        schema = {"perturbation": pl.String, "neighbour": pl.String, "weight": pl.Float64}
        return pl.DataFrame([pair for pair in pairs if pair[0] != pair[1]], schema=schema, orient="row")

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        return evidence

    def fit(
        self, task: Task, evidence: Sequence[Evidence], answers: pl.DataFrame, labels: pl.DataFrame
    ) -> None:
        self.learnt.append(([one.block for one in evidence], labels))

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> Any:
        return evidence.pairs.select("pair_id", pl.lit(0.5).alias("score"), pl.lit("ok").alias("status"))


@pytest.fixture(autouse=True)
def _fresh_spy() -> None:
    Spy.related.clear()
    Spy.learnt.clear()


def session() -> Session:
    stages: tuple[Stage, ...] = ("retriever", "organizer", "aggregator")
    spies = [Found(Component("spy", f"{__name__}:Spy", ""), "test", "0", stage) for stage in stages]
    return Session(components=Catalog([*catalog(), *spies]))


def table(path: Path, rows: pl.DataFrame) -> str:
    rows.write_csv(path)
    return f"table:{path}"


def method(session: Session, strategy: str = "voting", **choices: Any) -> Method:
    (made,) = session.methods(RunSpec(strategies=(strategy,), **choices))
    return made


SPY = {"retriever": "spy", "organizer": "spy", "aggregator": "spy"}


def test_each_row_of_the_support_is_scored_once_beside_its_label(tmp_path: Path) -> None:
    rows = world(contexts=("a", "b"))
    spec = RunSpec(dataset=table(tmp_path / "t.csv", rows), seed=4)
    here = session()
    found = crossvalidate(here, spec, method(here, "gene-frequency"), folds=3)
    train = rows.filter(pl.col("split") == "train").drop("split")
    assert found.sort(KEY).select(*KEY, "label").equals(train.select(*KEY, "label"))
    assert found["pair_id"].to_list() == list(range(train.height))
    assigned = folds(train, number=3, seed=4)
    assert found.select("perturbation", "fold").unique().sort("perturbation").equals(assigned)


def test_a_rate_is_that_without_the_fold(tmp_path: Path) -> None:
    spec = RunSpec(dataset=table(tmp_path / "t.csv", world()))
    here = session()
    found = crossvalidate(here, spec, method(here, "gene-frequency"), folds=4)
    for (fold,), rows in found.group_by("fold"):
        rest = found.filter(pl.col("fold") != fold)
        assert rows["score"].to_list() == pytest.approx(gene_rate_of(rows, rest).to_list())
        assert rows["gene_rate"].equals(rows["score"])


def test_no_label_of_the_fold_is_shown_and_examples_come_from_its_support(tmp_path: Path) -> None:
    rows = world(contexts=("a", "b"))
    spec = RunSpec(dataset=table(tmp_path / "t.csv", rows))
    here = session()
    found = crossvalidate(here, spec, method(here, **SPY), folds=3)
    train = rows.filter(pl.col("split") == "train")
    for block in Spy.related:
        assert "label" not in block.pairs.columns
        assert not set(block.perturbations) & set(block.candidates)
        assert block.support.join(train, on=[*KEY, "label"], how="anti").is_empty()
    assert len(Spy.learnt) == 3 * 2  # without support contexts each context by itself
    for at, (blocks, labels) in enumerate(Spy.learnt):
        held = set(found.filter(pl.col("fold") == at // 2)["perturbation"])
        assert {block.context for block in blocks} == {"ab"[at % 2]}
        drawn = {name for block in blocks for name in block.perturbations}
        assert len(drawn) == Spy.examples
        assert not held & drawn
        for block in blocks:
            assert not (held | drawn) & set(block.candidates)
            assert block.pairs.join(labels, on="pair_id", how="anti").is_empty()


def test_other_contexts_stay_in_the_support_and_are_not_asked_about(tmp_path: Path) -> None:
    rows = world(contexts=("a", "b"))
    spec = RunSpec(dataset=table(tmp_path / "t.csv", rows), support_contexts=("b",))
    here = session()
    crossvalidate(here, spec, method(here, "voting", retriever="spy"), folds=3)
    train = rows.filter(pl.col("split") == "train").drop("split")
    asked = pl.concat([block.pairs for block in Spy.related]).select(KEY)
    assert asked.sort(KEY).equals(train.select(KEY))
    known = [block for block in Spy.related if block.context == "a"]
    assert len(known) == 3
    for block in known:
        own = block.support.filter(pl.col("context") == "a")
        assert not set(block.perturbations) & set(own["perturbation"])
        elsewhere = train.filter(pl.col("context") == "b")
        assert block.support.filter(pl.col("context") == "b").equals(elsewhere.select(block.support.columns))


def test_examples_keep_what_they_did_in_other_contexts(tmp_path: Path) -> None:
    spec = RunSpec(dataset=table(tmp_path / "t.csv", world(contexts=("a", "b"))), support_contexts=("b",))
    here = session()
    crossvalidate(here, spec, method(here, **SPY), folds=3)
    blocks = [block for blocks, _ in Spy.learnt for block in blocks if block.context == "a"]
    assert blocks
    for block in blocks:
        own, other = (block.support.filter(pl.col("context") == context)["perturbation"] for context in "ab")
        assert not set(block.perturbations) & set(own)
        assert set(block.perturbations) <= set(other)


def poisoned(rows: pl.DataFrame) -> pl.DataFrame:
    flipped = pl.when(pl.col("split") == "test").then(1 - pl.col("label")).otherwise("label")
    return rows.with_columns(flipped.cast(pl.UInt8).alias("label"))


def nearly_without_test(rows: pl.DataFrame) -> pl.DataFrame:
    test = rows.filter(pl.col("split") == "test")
    return pl.concat([rows.filter(pl.col("split") == "train"), test.head(1)])


@pytest.mark.parametrize("change", [poisoned, nearly_without_test])
@pytest.mark.parametrize("contexts", [(), ("b",)])
@pytest.mark.parametrize("control", [None, "shuffled-labels", "random-neighbours"])
def test_no_test_row_is_read(
    tmp_path: Path, change: Callable[[pl.DataFrame], pl.DataFrame], contexts: tuple[str, ...], control: Any
) -> None:
    rows = world(contexts=("a", "b"))
    found = []
    for at, frame in enumerate((rows, change(rows))):
        dataset = table(tmp_path / f"{at}.csv", frame)
        spec = RunSpec(dataset=dataset, support_contexts=contexts, control=control, control_seeds=2)
        here = session()
        found.append(crossvalidate(here, spec, method(here, retriever="random"), folds=3))
        found[-1] = found[-1].with_columns(pl.lit(support_of(here, spec).digest).alias("digest"))
    assert found[0].equals(found[1])


def test_methods_are_asked_about_the_same_pairs_as_if_each_were_alone() -> None:
    spec = RunSpec(dataset="simulated", parameters={"dataset": {"perturbations": 60, "genes": 10}})
    here = session()
    parameters = ({"aggregator": {"power": 1}}, {"aggregator": {"power": 3}})
    methods = [method(here, parameters=one) for one in parameters]
    assert methods[0].retriever is methods[1].retriever
    together = crossvalidate_all(here, spec, methods, folds=3)
    pair = ["fold", "pair_id", *KEY, "label", "gene_rate"]
    assert together[0].select(pair).equals(together[1].select(pair))
    for one, found in zip(parameters, together, strict=True):
        alone = session()
        assert crossvalidate(alone, spec, method(alone, parameters=one), folds=3).equals(found)


@pytest.mark.parametrize(("stage", "times"), [("aggregator", 1), ("organizer", 2)])
def test_evidence_is_shared_by_methods_that_are_shown_the_same(
    tmp_path: Path, stage: Stage, times: int
) -> None:
    spec = RunSpec(dataset=table(tmp_path / "t.csv", world()))
    here = session()
    methods = [method(here, **SPY, parameters={stage: {"number": number}}) for number in (1, 2)]
    crossvalidate_all(here, spec, methods, folds=3)
    assert len(Spy.learnt) == 6
    assert len(Spy.related) == times * 6  # queries and examples of each fold


def test_a_control_that_draws_has_its_seeds(tmp_path: Path) -> None:
    spec = RunSpec(
        dataset=table(tmp_path / "t.csv", world()), control="shuffled-labels", control_seeds=3, seed=5
    )
    here = session()
    found = crossvalidate(here, spec, method(here, retriever="random"), folds=3)
    by_seed = found.partition_by("seed", maintain_order=True)
    assert [part["seed"][0] for part in by_seed] == [5, 6, 7]
    same = ["fold", "pair_id", *KEY, "label", "gene_rate"]
    assert all(part.select(same).equals(by_seed[0].select(same)) for part in by_seed)
    assert not by_seed[0]["score"].equals(by_seed[1]["score"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"gene_holdout": 0.2}, "--gene-holdout is about test rows"),
        ({"limit": 5}, "--limit is about test rows"),
        ({"only": "evaluable"}, "--only is about test rows"),
    ],
)
def test_what_is_drawn_among_test_rows_is_refused(words: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        support_of(Session(), RunSpec(**words))


def test_a_method_that_asks_a_model_is_refused() -> None:
    here = Session()
    asking = method(here, "reasoning", model="qwen", parameters={"llm": {"api_base": "http://localhost:1"}})
    with pytest.raises(UsageError, match="would pay for every fold"):
        crossvalidate(here, RunSpec(), asking)
