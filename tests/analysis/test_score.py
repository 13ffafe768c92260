"""Anybody's predictions: what becomes of odd ones is written in docs/verdicts.md, and held here."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_runs import made
from worlds import world

from core_harness.analysis.compare import compare
from core_harness.analysis.score import ScoredFile, score_file
from core_harness.errors import DataError, HarnessError, RunError, UsageError
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.runs.folder import open_run

NAN, INFINITE = float("nan"), float("inf")


def pairs(contexts: tuple[str, ...] = ("c",)) -> pl.DataFrame:
    """Return predictions, with ties and exact in binary, of all test pairs of a world."""
    rows = world(perturbations=60, contexts=contexts).filter(split="test")
    score = np.random.default_rng(2).integers(0, 40, rows.height) / 64 + 0.25 * rows["label"].to_numpy()
    return rows.select("context", "perturbation", "gene").with_columns(score=pl.Series(score))


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    world(perturbations=60).write_csv(tmp_path / "world.csv")
    return f"table:{tmp_path / 'world.csv'}"


def scored(file: Path, dataset: str, **options: Any) -> ScoredFile:
    choices = {key: options.pop(key) for key in ("regime", "support_contexts", "seed") if key in options}
    return score_file(file, RunSpec(dataset=dataset, **choices), Session(), **options)


def of(table: pl.DataFrame, dataset: str, tmp_path: Path) -> ScoredFile:
    file = tmp_path / "predictions.parquet"
    table.write_parquet(file)
    return scored(file, dataset)


def value(found: ScoredFile, metric: str) -> float | None:
    return found.result.report.metrics[metric].value


def published(table: pl.DataFrame) -> dict[str, Any]:
    key = [(row["perturbation"], row["gene"]) for row in table.iter_rows(named=True)]
    return {"key": key, "de_pred": table["score"].to_numpy(), "de_true": [0] * table.height}


def write_json(table: pl.DataFrame, file: Path) -> None:
    file.write_text(json.dumps(table.to_dicts()))


def write_columns(table: pl.DataFrame, file: Path) -> None:
    file.write_text(json.dumps(table.to_dict(as_series=False)))


def write_pickle(table: pl.DataFrame, file: Path) -> None:
    file.write_bytes(pickle.dumps(published(table)))


def write_lists(table: pl.DataFrame, file: Path) -> None:
    content = published(table)
    content["de_key"] = content.pop("key")
    file.write_bytes(pickle.dumps({**content, "de_pred": content["de_pred"].tolist()}))


def write_published_json(table: pl.DataFrame, file: Path) -> None:
    file.write_text(json.dumps({**published(table), "de_pred": table["score"].to_list()}))


FORMS: dict[str, tuple[str, Callable[[pl.DataFrame, Path], Any]]] = {
    "csv": ("p.csv", lambda table, file: table.write_csv(file)),
    "tsv": ("p.tsv", lambda table, file: table.write_csv(file, separator="\t")),
    "parquet": ("p.parquet", lambda table, file: table.write_parquet(file)),
    "other names": (
        "p.csv",
        lambda table, file: (
            table.drop("context").rename({"perturbation": "pert", "score": "probability"}).write_csv(file)
        ),
    ),
    "json rows": ("p.json", write_json),
    "json columns": ("p.json", write_columns),
    "published pickle": ("k562.pkl", write_pickle),
    "published lists": ("k562.pickle", write_lists),
    "published json": ("k562.json", write_published_json),
    "shuffled": ("p.csv", lambda table, file: table.sample(fraction=1, shuffle=True, seed=3).write_csv(file)),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_says_nothing(form: str, dataset: str, tmp_path: Path) -> None:
    wanted = of(pairs(), dataset, tmp_path)
    name, write = FORMS[form]
    write(pairs(), tmp_path / name)
    found = scored(tmp_path / name, dataset)
    assert found.received == wanted.received
    assert found.result.report == wanted.result.report
    assert found.received.scored == found.received.asked == pairs().height
    assert found.received.sentences() == [
        f"{found.received.tied:.0%} of the contrasts within genes are ties, and each counts half."
    ]


@pytest.mark.parametrize("constant", [0.0, 0.5, 1.0, 1])
def test_a_constant_is_at_chance_and_its_precision_is_the_prevalence(
    constant: float, dataset: str, tmp_path: Path
) -> None:
    found = of(pairs().with_columns(score=pl.lit(constant)), dataset, tmp_path)
    assert value(found, "macro_gene_auroc") == value(found, "pooled_auroc") == 0.5
    truth = world(perturbations=60).filter(split="test")["label"].mean()
    assert value(found, "pooled_auprc") == pytest.approx(truth, abs=1e-12)
    assert found.received.distinct == 1
    assert found.received.tied == 1.0
    assert "all scores are the same." in found.received.sentences()
    positives_first = world(perturbations=60).filter(split="test").sort("label", descending=True)
    for ordered in (positives_first, positives_first.reverse()):
        again = of(ordered.select("perturbation", "gene", score=pl.lit(constant)), dataset, tmp_path)
        assert again.result.report == found.result.report


def test_the_inverse_is_one_minus(dataset: str, tmp_path: Path) -> None:
    straight = of(pairs(), dataset, tmp_path)
    inverse = of(pairs().with_columns(score=1 - pl.col("score")), dataset, tmp_path)
    for metric in ("macro_gene_auroc", "macro_perturbation_auroc", "pooled_auroc"):
        assert value(inverse, metric) == pytest.approx(1 - (value(straight, metric) or 0), abs=1e-12)


def test_what_stands_there_twice_counts_once(dataset: str, tmp_path: Path) -> None:
    once = of(pairs(), dataset, tmp_path)
    twice = of(pl.concat([pairs(), pairs()]), dataset, tmp_path)
    assert twice.result.report == once.result.report
    assert twice.received.doubled == once.received.asked
    assert twice.received.contradicted == 0
    apart = of(
        pl.concat([pairs().with_columns(pl.col("score") + d) for d in (-0.125, 0.125)]), dataset, tmp_path
    )
    assert apart.received.contradicted == once.received.asked
    assert apart.result.predictions["score"].equals(once.result.predictions["score"])
    assert "of which the mean counts" in apart.received.sentences()[0]


@pytest.mark.parametrize("odd", [NAN, INFINITE, -INFINITE, None])
def test_a_score_that_is_none_is_an_unanswered_pair(odd: float | None, dataset: str, tmp_path: Path) -> None:
    some = pl.int_range(pl.len()) % 7 == 0
    present = pairs().filter(~some)
    found = of(
        pairs().with_columns(pl.when(some).then(pl.lit(odd, pl.Float64)).otherwise("score").alias("score")),
        dataset,
        tmp_path,
    )
    absent = of(present, dataset, tmp_path)
    assert found.received.scored == absent.received.scored == present.height
    assert found.received.no_score == absent.received.missing == pairs().height - present.height
    assert found.received.missing == absent.received.no_score == 0
    assert found.result.report.metrics == absent.result.report.metrics
    status = found.result.report.coverage.status
    assert status == {"no_score": pairs().height - present.height, "ok": present.height}


def test_unanswered_pairs_can_be_seen_under_each_policy(dataset: str, tmp_path: Path) -> None:
    found = of(pairs().filter(pl.int_range(pl.len()) % 3 > 0), dataset, tmp_path)
    dropped, prior, wrong = (
        value(found, f"macro_gene_auroc_unanswered_{policy}") for policy in ("drop", "gene_prior", "wrong")
    )
    assert dropped == value(found, "macro_gene_auroc")
    assert wrong is not None
    assert prior is not None
    assert wrong < prior


def test_empty_cells_of_a_text_file_are_no_scores(dataset: str, tmp_path: Path) -> None:
    lines = pairs().drop("context").write_csv().splitlines()
    for row, cell in ((1, ""), (2, "NA"), (3, "NaN"), (4, " null "), (5, "inf"), (6, "-Infinity")):
        lines[row] = f"{lines[row].rpartition(',')[0]},{cell}"
    (tmp_path / "p.csv").write_text("\n".join(lines))
    assert scored(tmp_path / "p.csv", dataset).received.no_score == 6


def test_scores_with_decimal_commas_are_numbers(dataset: str, tmp_path: Path) -> None:
    plain = pairs().drop("context")
    commas = plain.with_columns(pl.col("score").cast(pl.String).str.replace(".", ",", literal=True))
    plain.write_csv(tmp_path / "p.csv")
    commas.write_csv(tmp_path / "c.csv", separator=";")
    found, wanted = scored(tmp_path / "c.csv", dataset), scored(tmp_path / "p.csv", dataset)
    assert found.result.predictions["score"].equals(wanted.result.predictions["score"])
    # with a point anywhere a comma is no decimal one
    lines = commas.write_csv(separator=";").splitlines()
    lines[1] = f"{lines[1].rpartition(';')[0]};0.5"
    (tmp_path / "m.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match="is not a number"):
        scored(tmp_path / "m.csv", dataset)


def test_names_under_another_spelling_are_matched_and_said(dataset: str, tmp_path: Path) -> None:
    half = pl.when(pl.int_range(pl.len()) % 2 == 0)
    lower = half.then(pl.col("gene").str.to_lowercase()).otherwise("gene").alias("gene")
    guide = pl.format("{}_sg1", "perturbation").alias("perturbation")
    pairs().with_columns(lower, guide).write_csv(tmp_path / "p.csv")
    notices: list[str] = []
    found = score_file(tmp_path / "p.csv", RunSpec(dataset=dataset), Session(notice=notices.append))
    assert found.result.report == of(pairs(), dataset, tmp_path).result.report
    assert found.received.not_asked == found.received.other_case == 0
    assert notices[1:] == [
        "p.csv: perturbations matched under another spelling: 15, e.g. P00_sg1 is P00",
        "p.csv: genes matched under another spelling: 12, e.g. g00 is G00",
    ]


def test_names_of_drugs_in_another_case_are_pointed_out(dataset: str, tmp_path: Path) -> None:
    spec = RunSpec(dataset=dataset, parameters={"dataset": {"agent": "drug"}})
    lower = pl.col("perturbation").str.to_lowercase()
    half = pl.when(pl.int_range(pl.len()) % 2 == 0)
    pairs().with_columns(half.then(lower).otherwise("perturbation").alias("perturbation")).write_csv(
        tmp_path / "p.csv"
    )
    found = score_file(tmp_path / "p.csv", spec, Session())
    assert found.received.other_case == found.received.not_asked == (pairs().height + 1) // 2
    assert any("in another case of letters" in sentence for sentence in found.sentences())
    pairs().with_columns(lower.alias("perturbation")).write_csv(tmp_path / "all.csv")
    with pytest.raises(DataError, match=r"would be, in another case of letters"):
        score_file(tmp_path / "all.csv", spec, Session())


def test_scores_that_are_upside_down_are_said_to_be(dataset: str, tmp_path: Path) -> None:
    truth = Session().load(RunSpec(dataset=dataset)).split
    right = truth.queries.join(truth.truth, on="pair_id").with_columns(score=1.0 - pl.col("label"))
    right.select("perturbation", "gene", "score").write_csv(tmp_path / "p.csv")
    assert scored(tmp_path / "p.csv", dataset).sentences()[0] == (
        "1 - score would give 1.000 within genes: are these p-values?"
    )


def test_other_pairs_are_left_out(dataset: str, tmp_path: Path) -> None:
    train = world(perturbations=60).filter(split="train").select("context", "perturbation", "gene")
    more = pl.concat([pairs(), train.with_columns(score=pl.lit(0.9))])
    found = of(more, dataset, tmp_path)
    assert found.result.report == of(pairs(), dataset, tmp_path).result.report
    assert found.received.not_asked == train.height


def test_scores_need_not_be_probabilities(dataset: str, tmp_path: Path) -> None:
    found = of(pairs().with_columns(score=100 * pl.col("score") - 30), dataset, tmp_path)
    assert value(found, "macro_gene_auroc") == value(of(pairs(), dataset, tmp_path), "macro_gene_auroc")
    assert value(found, "brier") is None
    assert not found.received.probabilities
    assert "what needs probabilities is not defined" in found.received.sentences()[-1]


def test_contexts_are_told_apart(tmp_path: Path) -> None:
    world(perturbations=60, contexts=("a", "b")).write_csv(tmp_path / "two.csv")
    dataset = f"table:{tmp_path / 'two.csv'}"
    found = of(pairs(("a", "b")), dataset, tmp_path)
    assert found.received.scored == found.received.asked == pairs(("a", "b")).height
    with pytest.raises(DataError, match=r"has no column 'context', and the dataset has 2 contexts \(a, b\)"):
        of(pairs(("a", "b")).drop("context"), dataset, tmp_path)


def test_a_scored_file_is_a_run_like_others(dataset: str, tmp_path: Path) -> None:
    pairs().write_csv(tmp_path / "theirs.csv")
    undeclared = scored(tmp_path / "theirs.csv", dataset, out=tmp_path / "runs")
    declared = scored(
        tmp_path / "theirs.csv", dataset, out=tmp_path / "runs", regime="unseen-perturbation", name="GEARS"
    )
    assert undeclared.result.task.regime == "undeclared"
    assert declared.result.task.regime == "unseen-perturbation"
    assert declared.result.run is not None
    assert undeclared.result.run is not None
    first, second = open_run(declared.result.run), open_run(undeclared.result.run)
    assert first.manifest.method.label == "GEARS"
    assert first.manifest.file is not None
    assert first.manifest.file.name == "theirs.csv"
    found = compare([first, first], Session(), resamples=50)
    assert found.runs[0].value == value(declared, "macro_gene_auroc")
    with pytest.raises(RunError, match="and 'undeclared' are different questions; `score --trained-on`"):
        compare([first, second], Session())


def test_what_is_scored_of_simulated_data_says_so(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"])
    run.predictions().write_csv(tmp_path / "p.csv")
    parameters: Parameters = {"dataset": run.manifest.dataset.parameters}
    spec = RunSpec(dataset="simulated", parameters=parameters)
    found = score_file(tmp_path / "p.csv", spec, Session())
    assert found.as_dict()["simulated"] is True
    wrote = run.report()["metrics"]["macro_gene_auroc"]
    assert found.as_dict()["metrics"]["macro_gene_auroc"] == wrote


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.csv", "pert,gene\nA,B\n", "no column 'score' or 'prediction'"),
        ("p.csv", "gene,score\nA,1\n", "no column 'perturbation' or 'pert'"),
        ("p.csv", "pert,gene,score,prob\nA,B,1,1\n", "mean the same"),
        ("p.csv", "pert,gene,score\nP00,G00,0.5\nP00,G01,high\n", "row 3: score 'high' is not a number"),
        ("p.csv", "pert,gene,score\nP00,,0.5\n", "row 2: no gene"),
        ("p.csv", "pert,gene,score\nX,Y,0.5\n", "none of the 1 predictions is about a test pair"),
        ("p.json", "{", "is not JSON"),
        ("p.json", "3", "holds int, wanted a list of rows"),
        ("p.json", "[]", "equally long and not empty"),
        ("p.json", '{"pert": ["A"], "gene": ["B", "C"], "score": [1]}', "pert 1, gene 2, score 1"),
        (
            "p.json",
            '[{"pert": "A", "gene": "B", "score": [1, 2]}]',
            "row 1, column 'score': list is no single",
        ),
        ("p.json", '{"key": [["A"]], "de_pred": [1]}', "'key' is not a list of"),
        ("p.json", '{"key": [["A", "B"]], "dir_pred": [1]}', "no 'de_pred'; is it about the other question"),
        ("p.json", '{"key": [["A", "B"]], "de_pred": [1, 2]}', "perturbation 1, gene 1, score 2"),
        ("p.pkl", "cos\nsystem\n(S'true'\ntR.", "wants os.system"),
        ("p.xlsx", "", "is not the name of a table"),
        ("absent.csv", None, "absent.csv is not there"),
        ("absent.json", None, "absent.json is not there"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    name: str, content: str | None, message: str, dataset: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(HarnessError, match=message) as caught:
        scored(tmp_path / name, dataset, out=tmp_path / "runs")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_a_regime_that_does_not_fit_is_refused(dataset: str, tmp_path: Path) -> None:
    pairs().write_csv(tmp_path / "p.csv")
    with pytest.raises(UsageError, match="regime 'cross-context' needs --support-contexts"):
        scored(tmp_path / "p.csv", dataset, regime="cross-context")
