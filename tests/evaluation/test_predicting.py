"""Pairs that need not have been measured: the pipeline of an evaluation, with all labels but their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_runs import SMALL, made
from worlds import world

from core_harness.data.pairs import Wanted, all_genes, read_pairs
from core_harness.errors import DataError, HarnessError, UsageError
from core_harness.evaluation.predicting import Predicted, asked_rows, predict_pairs
from core_harness.evaluation.reliability import reliability
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec

PAIR = ["context", "perturbation", "gene"]


def simulated(strategy: str = "voting", **choices: Any) -> RunSpec:
    parameters: Parameters = {"dataset": SMALL["dataset"]}
    return RunSpec(dataset="simulated", strategies=(strategy,), parameters=parameters, **choices)


def of_table(rows: pl.DataFrame, folder: Path, strategy: str = "voting") -> RunSpec:
    """Return what is asked of a table whose perturbations are related at random."""
    rows.write_csv(folder / "world.csv")
    return RunSpec(dataset=f"table:{folder / 'world.csv'}", strategies=(strategy,), retriever="random")


def predicted(spec: RunSpec, pairs: pl.DataFrame) -> Predicted:
    session = Session()
    (method,) = session.methods(spec)
    return predict_pairs(session, method, spec, wanted(pairs, session, spec))


def wanted(pairs: pl.DataFrame, session: Session, spec: RunSpec) -> Wanted:
    """Return pairs as they are read from a table of them."""
    ids = pairs.select(PAIR).unique().sort(PAIR).with_row_index("pair_id")
    return Wanted(pairs=ids, written=ids, notes=())


@pytest.mark.parametrize("strategy", ["voting", "voting-learned", "retrieval", "gene-frequency"])
def test_predictions_of_the_test_split_are_those_of_an_evaluation(strategy: str, tmp_path: Path) -> None:
    (run,) = made(tmp_path, [strategy])
    found = predicted(simulated(strategy), run.predictions())
    evaluated = run.predictions().sort(PAIR).select(*PAIR, "score", "status")
    assert found.pairs.sort(PAIR).select(*PAIR, "score", "status").equals(evaluated)
    rows = Session().load(simulated()).rows
    assert found.support == rows.filter(split="train").height
    known = found.pairs.join(rows, on=PAIR)
    assert known["measured"].equals(known["label"])


def test_no_score_rests_on_the_label_of_its_pair(tmp_path: Path) -> None:
    rows = world(perturbations=30)
    pairs = rows.sample(20, seed=1)
    turned = rows.join(pairs.with_columns(asked=pl.lit(1)), on=PAIR, how="left").with_columns(
        pl.when(pl.col("asked").is_null()).then("label").otherwise(1 - pl.col("label")).alias("label")
    )
    first = predicted(of_table(rows, tmp_path), pairs)
    second = predicted(of_table(turned.select(rows.columns), tmp_path), pairs)
    assert first.support == second.support == rows.height - 20
    assert first.pairs.drop("measured").equals(second.pairs.drop("measured"))
    assert (first.pairs["measured"] + second.pairs["measured"]).unique().to_list() == [1]


def test_evidence_is_counted_and_its_strongest_is_named(tmp_path: Path) -> None:
    spec = simulated("voting-one-step")
    session = Session()
    rows = session.load(spec).rows
    (name,) = rows.filter(split="test")["perturbation"].unique().sort()[:1]
    (method,) = session.methods(spec)
    found = predict_pairs(session, method, spec, all_genes([name], rows, agent="knockdown"))
    assert found.pairs.height == rows["gene"].n_unique()
    assert found.pairs["score"].to_list() == sorted(found.pairs["score"], reverse=True)
    assert found.pairs["measured"].count() == rows.filter(perturbation=name).height
    both = found.pairs.filter((pl.col("n_pos") > 0) & (pl.col("n_neg") > 0))
    assert both.height
    for words, pos, neg in both.select("evidence", "n_pos", "n_neg").rows():
        assert words.startswith(("moved by SIM", "not by SIM"))
        assert words.count("(") == min(3, pos + neg)
    assert found.simulated == ("data",)


def test_what_the_graph_does_not_relate_is_named() -> None:
    spec = simulated()
    rows = Session().load(spec).rows
    known, gene = rows["perturbation"][0], rows["gene"][0]
    pairs = pl.DataFrame({"context": rows["context"][0], "perturbation": [known, "NOT1"], "gene": gene})
    found = predicted(spec, pairs)
    assert found.unrelated == ("NOT1",)
    (without,) = found.pairs.filter(perturbation="NOT1").rows(named=True)
    assert (without["n_pos"], without["n_neg"], without["evidence"]) == (0, 0, None)
    assert without["score"] == pytest.approx(without["gene_rate"], abs=0.2)
    assert predicted(simulated("gene-frequency"), pairs).unrelated == ()


def test_pairs_of_a_table_are_read_once_and_odd_ones_are_said(tmp_path: Path) -> None:
    rows = world()
    (tmp_path / "p.csv").write_text(
        "Pert,GENE,note\nP01,G01,x\nP01,G01,y\nNEW,G02,\nG03,G03,\nP02,NEW,\n,,\n"
    )
    found = read_pairs(tmp_path / "p.csv", rows, agent="knockdown")
    assert found.pairs.rows() == [(0, "c", "NEW", "G02"), (1, "c", "P01", "G01"), (2, "c", "P02", "NEW")]
    assert found.notes == (
        "1 pair of a gene with itself left out",
        "nothing speaks about 1 of the pairs: their genes were never measured there, e.g. NEW (1 in all)",
    )


def test_names_in_another_case_are_those_of_the_data() -> None:
    found = all_genes(["p01"], world(), agent="knockdown")
    assert set(found.pairs["perturbation"]) == {"P01"}
    assert found.notes[0] == "perturbations matched under another spelling: 1, e.g. p01 is P01"


def test_all_genes_are_those_of_the_context() -> None:
    rows = world(contexts=("a", "b")).filter((pl.col("context") == "a") | (pl.col("gene") < "G05"))
    of_b = all_genes(["P01", "G01"], rows, agent="knockdown", context="b").pairs
    assert set(of_b["context"]) == {"b"}
    assert of_b.height == 2 * 5 - 1
    assert all_genes(["P01"], rows, agent="knockdown").pairs["context"].value_counts().sort(
        "context"
    ).rows() == [
        ("a", 12),
        ("b", 5),
    ]


def test_support_of_other_contexts_is_not_predicted_in(tmp_path: Path) -> None:
    world(contexts=("a", "b")).write_csv(tmp_path / "w.csv")
    spec = RunSpec(dataset=f"table:{tmp_path / 'w.csv'}", support_contexts=("a",))
    assert set(asked_rows(Session().load(spec))["context"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("content", "contexts", "error", "said"),
    [
        (
            "pert,gene\nA,B\n",
            ("a", "b"),
            UsageError,
            r"no column 'context', and the data have several \(a, b\)",
        ),
        ("pert,gene,context\nA,B,d\n", ("c",), UsageError, "unknown context 'd'"),
        ("pert,gene\nA,A\n", ("c",), UsageError, "nothing to predict: all pairs are of a gene with itself"),
        ("gene\nA\n", ("c",), DataError, "no column 'perturbation' or 'pert'"),
        ("pert,gene\nA,\n", ("c",), DataError, "row 2: no gene"),
    ],
)
def test_pairs_that_cannot_be_used_are_one_line(
    content: str, contexts: tuple[str, ...], error: type[HarnessError], said: str, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text(content)
    with pytest.raises(error, match=said):
        read_pairs(tmp_path / "p.csv", world(contexts=contexts), agent="knockdown")


def test_a_method_is_evaluated_once_to_say_how_far_to_trust_it(tmp_path: Path) -> None:
    session = Session()
    (method,) = session.methods(simulated())
    first = reliability(session, method, simulated(), folder=tmp_path)
    assert first is not None
    assert "voting on simulated, de" in first.about
    assert "(SIMULATED)" in first.about
    assert first.metrics["macro_gene_auroc"]["low"] is not None
    assert reliability(session, method, simulated(), folder=tmp_path) == first
    (run,) = tmp_path.iterdir()
    assert first.run == run.name
    assert reliability(session, method, simulated(), folder=tmp_path, name=run.name) == first
    again = reliability(session, method, simulated(seed=1), folder=tmp_path)
    assert again is not None
    assert again.run != first.run


def test_figures_of_another_method_are_refused(tmp_path: Path) -> None:
    (other,) = made(tmp_path, ["gene-frequency"])
    (controlled,) = made(tmp_path, ["voting"], control="shuffled-labels", control_seeds=2)
    session = Session()
    (method,) = session.methods(simulated())
    for run in (other, controlled):
        with pytest.raises(UsageError, match=r"is not a complete run of voting on the rows of simulated"):
            reliability(session, method, simulated(), folder=tmp_path, name=run.name)
