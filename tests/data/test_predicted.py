"""Predictions in the formats of other programs: the same scores in any of them are the same answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.data.predicted import Predictions, read_predictions
from core_harness.data.predicted.up_down import scores_of
from core_harness.errors import DataError
from core_harness.schemas import PAIRS
from core_harness.vocabulary import Question

PAIR = ["context", "perturbation", "gene"]
AXES = {"one": ["G0", "G_1", "X", "G3"], "two": ["X", "G3", "G0"]}


def queries(contexts: tuple[str, ...] = ("c",)) -> pl.DataFrame:
    """Return asked pairs, some of whose names hold ``_``, and some of which are both kinds of names."""
    perturbations, genes = ["P0", "P_1", "G3"], ["G0", "G_1", "G3"]
    names = [(c, p, g) for c in contexts for p in perturbations for g in genes if p != g]
    return pl.DataFrame([(at, *pair) for at, pair in enumerate(names)], schema=dict(PAIRS), orient="row")


def scored(contexts: tuple[str, ...] = ("c",)) -> pl.DataFrame:
    """Return a score, exact in 32 bits, of each asked pair."""
    return queries(contexts).with_columns(score=pl.col("pair_id") / 16)


def read(path: Path, question: Question = "de", contexts: tuple[str, ...] = ("c",)) -> Predictions:
    return read_predictions(path, queries=queries(contexts), question=question)


def answers(found: Predictions, contexts: tuple[str, ...] = ("c",)) -> pl.DataFrame:
    """Return the mean score of each asked pair."""
    named = found.frame.with_columns(pl.col("context").fill_null("c"))
    asked = named.join(queries(contexts), on=PAIR, how="semi")
    return asked.group_by(PAIR).agg(pl.col("score").mean()).sort(PAIR)


def wanted(contexts: tuple[str, ...] = ("c",)) -> pl.DataFrame:
    return scored(contexts).select(*PAIR, "score").sort(PAIR)


def write_pie(rows: pl.DataFrame, path: Path, axes: dict[str, list[str]] = AXES) -> None:
    """Write ``dataset, context, perturbation`` with lists of floats, as PIE does."""
    lists = [name for name, kind in rows.schema.items() if kind == pl.List]
    said = json.dumps({"format_version": 1, "genes": axes})
    rows.with_columns(pl.col(lists).cast(pl.List(pl.Float32))).write_parquet(path, metadata={"pie": said})


def lists_of(table: pl.DataFrame, dataset: str, column: str = "p_de") -> pl.DataFrame:
    """Return a row each perturbation, with its scores along the axis of a dataset; others are 9."""
    score = {(row[1], row[2], row[3]): row[4] for row in table.select("pair_id", *PAIR, "score").rows()}
    units = table.select("context", "perturbation").unique(maintain_order=True).rows()
    return pl.DataFrame(
        [
            {
                "dataset": dataset,
                "context": context,
                "perturbation": perturbation,
                column: [score.get((context, perturbation, gene), 9.0) for gene in AXES[dataset]],
            }
            for context, perturbation in units
        ]
    )


def wide(table: pl.DataFrame, rows: str, columns: str) -> pl.DataFrame:
    return table.pivot(columns, index=rows, values="score")


FORMS: dict[str, tuple[str, Callable[[pl.DataFrame, Path], None]]] = {
    "long": ("p.csv", lambda table, path: table.drop("pair_id").write_csv(path)),
    "ids": (
        "p.csv",
        lambda table, path: table.select(
            pl.concat_str("perturbation", "gene", separator="_").alias("id"), "score"
        ).write_csv(path),
    ),
    "up and down": (
        "p.csv",
        lambda table, path: table.select(
            *PAIR, p_up=pl.col("score") / 4, p_down=pl.col("score") * 3 / 4
        ).write_csv(path),
    ),
    "matrix": ("p.csv", lambda table, path: wide(table, "perturbation", "gene").write_csv(path)),
    "matrix, genes in rows": (
        "p.tsv",
        lambda table, path: wide(table, "gene", "perturbation").write_csv(path, separator="\t"),
    ),
    "matrix of pandas": (
        "p.csv",
        lambda table, path: wide(table, "perturbation", "gene").rename({"perturbation": ""}).write_csv(path),
    ),
    "matrix of pandas, genes in rows": (
        "p.parquet",
        lambda table, path: (
            wide(table, "gene", "perturbation")
            .select(pl.exclude("gene"), pl.col("gene").alias("__index_level_0__"))
            .write_parquet(path)
        ),
    ),
    "PIE": ("p.parquet", lambda table, path: write_pie(lists_of(table, "one"), path)),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_scores_are_the_same_answers_in_any_format(form: str, tmp_path: Path) -> None:
    name, write = FORMS[form]
    write(scored(), tmp_path / name)
    found = read(tmp_path / name)
    assert answers(found).equals(wanted())
    assert found.said


def test_what_was_recognised_is_said(tmp_path: Path) -> None:
    said = {}
    for form, (name, write) in FORMS.items():
        write(scored(), tmp_path / name)
        said[form] = read(tmp_path / name).said
    assert said["long"] == "a table with one score a row, in column 'score'"
    assert said["up and down"] == "a table with 'p_up' and 'p_down', read as up + down"
    assert said["matrix"] == "a matrix with 3 perturbations in rows and 3 genes in columns"
    assert (
        said["matrix of pandas, genes in rows"]
        == "a matrix with 3 genes in rows and 3 perturbations in columns"
    )
    assert said["PIE"] == "PIE's predictions, 3 rows of lists along 4 genes, of which 'p_de' counts"


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1))
def test_up_and_down_answer_both_questions(pairs: list[tuple[float, float]]) -> None:
    up, down = (pl.Series([pair[side] for pair in pairs], dtype=pl.Float64) for side in (0, 1))
    moved, goes_up = scores_of(up, down, "de"), scores_of(up, down, "dir")
    assert moved.equals(scores_of(down, up, "de"))
    assert goes_up.is_between(0, 1).all()
    assert goes_up.filter(moved == 0).eq(0).all()
    both = goes_up + scores_of(down, up, "dir")
    assert ((both - 1).abs() < 1e-9).filter(moved > 0).all()


def test_the_question_decides_what_up_and_down_say(tmp_path: Path) -> None:
    table = queries().with_columns(prediction_up=pl.lit(0.25), prediction_down=pl.lit(0.5))
    table.write_csv(tmp_path / "p.csv")
    assert answers(read(tmp_path / "p.csv", "de"))["score"].unique().to_list() == [0.75]
    assert answers(read(tmp_path / "p.csv", "dir"))["score"].unique().to_list() == [0.25 / 0.75]
    neither = table.with_columns(prediction_up=pl.lit(0.0), prediction_down=pl.lit(0.0))
    neither.write_csv(tmp_path / "p.csv")
    found = read(tmp_path / "p.csv", "dir")
    assert answers(found)["score"].unique().to_list() == [0.0]
    assert found.said.endswith("in 8 rows both are 0, and the score is 0")


def test_an_id_that_is_two_pairs_is_refused(tmp_path: Path) -> None:
    asked = pl.DataFrame([(0, "c", "A_B", "C"), (1, "c", "A", "B_C")], schema=dict(PAIRS), orient="row")
    (tmp_path / "p.csv").write_text("id,score\nA_B_C,0.5\n")
    with pytest.raises(DataError, match=r"id 'A_B_C' may be A and B_C, or A_B and C; write columns"):
        read_predictions(tmp_path / "p.csv", queries=asked, question="de")


def test_other_ids_are_about_other_pairs(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,score\nP_1_G_1,0.5\nQ_R_S,0.5\nQ,0.5\n")
    assert read(tmp_path / "p.csv").frame.select("perturbation", "gene").rows() == [
        ("P_1", "G_1"),
        ("Q", "R_S"),
        ("Q", ""),
    ]


def test_rows_of_a_matrix_that_may_be_either_are_refused_until_named(tmp_path: Path) -> None:
    asked = pl.DataFrame([(0, "c", "A", "B"), (1, "c", "B", "A")], schema=dict(PAIRS), orient="row")
    (tmp_path / "p.csv").write_text(",A,B\nA,0,1\nB,2,0\n")
    with pytest.raises(DataError, match="call the column of their names 'perturbation' or 'gene'"):
        read_predictions(tmp_path / "p.csv", queries=asked, question="de")
    for axis, score in (("Pert", [1.0, 2.0]), ("gene", [2.0, 1.0])):
        (tmp_path / "p.csv").write_text(f"{axis},A,B\nA,0,1\nB,2,0\n")
        found = read_predictions(tmp_path / "p.csv", queries=asked, question="de").frame
        assert found.join(asked, on=["perturbation", "gene"]).sort("pair_id")["score"].to_list() == score


def test_only_what_is_asked_is_made_of_a_matrix(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("pert,context,G0,g_1,Z\nP0,c,1,2,3\np0,c,,NA,3\nQ,c,1,x,3\n")
    found = read(tmp_path / "p.csv")
    assert found.rows == 9
    assert found.frame.select("row", *PAIR, "score").rows() == [
        (2, "c", "P0", "G0", 1.0),
        (3, "c", "p0", "G0", None),
        (2, "c", "P0", "g_1", 2.0),
        (3, "c", "p0", "g_1", None),
    ]


def test_a_matrix_with_contexts(tmp_path: Path) -> None:
    table = scored(("c", "d"))
    table.pivot("gene", index=["context", "perturbation"], values="score").write_csv(tmp_path / "p.csv")
    assert answers(read(tmp_path / "p.csv", contexts=("c", "d")), ("c", "d")).equals(wanted(("c", "d")))


def test_pie_equals_its_exploded_long_table(tmp_path: Path) -> None:
    contexts = ("c", "d")
    one, two = lists_of(scored(contexts), "one"), lists_of(scored(contexts), "two")
    rows = pl.concat([one, two, one.with_columns(pl.col("p_de").list.eval(pl.element() + 0.5))])
    rows = pl.concat([rows, rows.with_columns(perturbation=pl.lit("Q"))]).sample(
        fraction=1, shuffle=True, seed=1
    )
    rows = rows.with_columns(lfc_pred=pl.col("p_de").list.eval(-pl.element()))
    write_pie(rows, tmp_path / "p.parquet")
    axis = pl.col("dataset").replace_strict(AXES, return_dtype=pl.List(pl.String))
    long = rows.with_columns(axis.alias("gene")).explode("gene", "p_de", "lfc_pred")
    long.write_csv(tmp_path / "p.csv")
    questions: tuple[Question, Question] = ("de", "dir")
    for question in questions:
        pie, table = (read(tmp_path / name, question, contexts) for name in ("p.parquet", "p.csv"))
        assert pie.rows == table.rows == long.height
        asked = table.frame.join(queries(contexts), on=PAIR, how="semi")
        assert pie.frame.drop("row").sort(*PAIR, "score").equals(asked.drop("row").sort(*PAIR, "score"))
    assert answers(read(tmp_path / "p.parquet", "de", contexts), contexts).height == 2 * 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"axes": {}}, "'genes' in the metadata 'pie' is not a list of names for each dataset"),
        ({"axes": {"one": ["G0", 1]}}, "is not a list of names"),
        ({"axes": {"two": ["X"]}}, "row 1: 4 values of 'p_de', but dataset 'one' has no gene axis"),
        ({"axes": {"one": ["X"]}}, "row 1: 4 values of 'p_de', but dataset 'one' has a gene axis of 1"),
        ({"question": "dir"}, "no column 'lfc_pred'"),
        ({"metadata": {"pie": "{"}}, "the metadata 'pie' are not JSON"),
        (
            {"metadata": {"pie": '{"format_version": 2}'}},
            "version '2' of PIE's format; 1 is what is read here",
        ),
        ({"metadata": {"pie": "[]"}}, "version 'None' of PIE's format"),
        ({"metadata": {}, "form": "pie"}, "no gene axis in its metadata"),
        ({"perturbation": "Q"}, "none of the 3 rows is about a test perturbation .* the first is Q in c"),
        ({"perturbation": ""}, "row 1: no perturbation; fill it in"),
    ],
)
def test_a_file_that_is_not_as_pie_writes_it_is_one_line(change: dict, said: str, tmp_path: Path) -> None:  # type: ignore[type-arg]
    rows = lists_of(scored(), "one")
    if "perturbation" in change:
        rows = rows.with_columns(perturbation=pl.lit(change["perturbation"]))
    path = tmp_path / "p.parquet"
    if "metadata" in change:
        rows.write_parquet(path, metadata=change["metadata"])
    else:
        write_pie(rows, path, change.get("axes", AXES))
    with pytest.raises(DataError, match=said) as caught:
        read_predictions(
            path, queries=queries(), question=change.get("question", "de"), form=change.get("form")
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (",G0,G_1\nQ,1,2\n", "a matrix of names that the dataset does not ask about; its first row is 'Q'"),
        (",G0,G_1\nP0,1,high\n", "row 2: score 'high' is not a number"),
        (",G0,G_1\n,1,2\n", "row 2: no "),
        ("P0_G0,score\nx,1\n", "no column 'perturbation' or 'pert'"),
    ],
)
def test_a_table_that_is_none_of_these_is_one_line(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(content)
    with pytest.raises(DataError, match=said):
        read(tmp_path / "p.csv")


def test_a_format_can_be_forced(tmp_path: Path) -> None:
    scored().drop("pair_id").with_columns(p_up=pl.lit(0.5), p_down=pl.lit(0.25)).write_csv(tmp_path / "p.csv")
    forced = read_predictions(tmp_path / "p.csv", queries=queries(), question="de", form="long")
    assert answers(forced).equals(wanted())
    assert set(answers(read(tmp_path / "p.csv"))["score"]) == {0.75}
