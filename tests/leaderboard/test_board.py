"""A board believes predictions alone, ranks what may be compared, and says of the rest why not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from runs.records import summary
from small_boards import board_of, small_registry, two_worlds_registry
from small_runs import change, made, rewrite
from worlds import world

from core_harness.analysis.rescore import rescore
from core_harness.errors import RegistryError, RunError, UsageError
from core_harness.evaluation.session import Session
from core_harness.leaderboard import build
from core_harness.leaderboard.exports import as_dict, markdown
from core_harness.metrics import report
from core_harness.runs.folder import Run, open_run
from core_harness.suites.run import run_suite


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    frequency, voting = made(tmp_path_factory.mktemp("runs"))
    return frequency, voting


@pytest.fixture
def copied(runs: tuple[Run, Run], tmp_path: Path) -> tuple[Run, Run]:
    """The same runs, to be tampered with."""
    copies = [shutil.copytree(run.folder, tmp_path / "runs" / run.name) for run in runs]
    frequency, voting = map(open_run, copies)
    return frequency, voting


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_methods_are_ranked_with_the_figures_that_eval_and_compare_give(runs: tuple[Run, Run]) -> None:
    board = board_of([run.folder for run in runs], resamples=1000)
    first, second = board.ranked("simulated")
    assert [run.manifest.method.name for run in (first, second)] == ["voting", "gene-frequency"]
    assert first.rank is not None
    assert second.rank is not None
    assert (first.rank.position, second.rank.position) == (1, 2)
    for ranked, run in ((first, runs[1]), (second, runs[0])):
        (rows,) = rescore(run, Session()).repeats
        assert ranked.figures.report == json.loads(json.dumps(report(rows, seed=0).as_dict()))
        assert ranked.figures.report["metrics"] == run.report()["metrics"]
    assert board.simulated
    mean = board.rows[0].mean
    assert mean is not None
    estimate = first.figures.report["metrics"]["macro_gene_auroc"]
    assert (mean.value, mean.low, mean.high) == pytest.approx(
        (estimate["value"], estimate["low"], estimate["high"])
    )


def test_a_forged_figure_changes_nothing(copied: tuple[Run, Run]) -> None:
    honest = as_dict(board_of([run.folder for run in copied]))
    for run in copied:
        forged = run.report()
        for estimate in forged["metrics"].values():
            estimate.update(value=0.999, low=0.998, high=1.0)
        (run.folder / "report.json").write_text(json.dumps(forged))
    assert as_dict(board_of([run.folder for run in copied])) == honest
    for run in copied:
        (run.folder / "report.json").unlink()
    assert as_dict(board_of([run.folder for run in copied])) == honest


def test_a_warm_build_says_the_same_and_makes_no_figure_again(
    runs: tuple[Run, Run], own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [run.folder for run in runs]
    cold = as_dict(board_of(folders))
    kept = list((own_cache / "leaderboard").rglob("*.json"))
    assert len(kept) == 3 + 2  # figures of three runs, cards of one, and the reference as a run

    def never(*_: Any) -> Any:
        raise AssertionError

    with monkeypatch.context() as without:
        without.setattr("core_harness.leaderboard.figures._make", never)
        assert as_dict(board_of(folders)) == cold
        with pytest.raises(AssertionError):
            board_of(folders, resamples=100)
    for path in kept:  # what is kept and cannot be read is made again
        path.write_text(path.read_text()[:-20])
    assert as_dict(board_of(folders)) == cold


def tampered(run: Run) -> Run:
    path = run.folder / "predictions.parquet"
    pl.read_parquet(path).with_columns(score=pl.lit(0.5)).write_parquet(path)
    return run


def cut_off(run: Run) -> Run:
    path = run.folder / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    return run


def cut_off_by_one_who_knows_digests(run: Run) -> Run:
    import hashlib

    cut_off(run)
    digest = hashlib.sha256((run.folder / "predictions.parquet").read_bytes()).hexdigest()
    return rewrite(run, predictions_sha256=digest)


def without_a_pair(run: Run) -> Run:
    return rewrite(run, run.predictions()[1:])


def half_answered(run: Run) -> Run:
    half = pl.when(pl.col("pair_id") % 2 == 0).then("score")
    return rewrite(run, run.predictions().with_columns(score=half))


def no_parquet(run: Run) -> Run:
    (run.folder / "predictions.parquet").unlink()
    return run


def other_schema(run: Run) -> Run:
    (run.folder / "run.json").write_text(json.dumps({**run.manifest.as_json(), "schema_version": 3}))
    return run


def broken_json(run: Run) -> Run:
    (run.folder / "run.json").write_text('{"schema_version": 1,')
    return run


def deep_json(run: Run) -> Run:
    (run.folder / "run.json").write_text("[" * 100_000)
    return run


def without(key: str) -> Callable[[Run], Run]:
    def change(run: Run) -> Run:
        manifest = {name: value for name, value in run.manifest.as_json().items() if name != key}
        (run.folder / "run.json").write_text(json.dumps(manifest))
        return run

    return change


def changed(**changes: Any) -> Callable[[Run], None]:
    return lambda run: change(run, **changes)


TASK: dict[str, Any] = {
    "dataset": "simulated",
    "question": "de",
    "support_contexts": [],
    "gene_holdout": None,
}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (tampered, "not the file that the run wrote (its sha256 differs)"),
        (cut_off, "not the file that the run wrote"),
        (cut_off_by_one_who_knows_digests, "cannot be used"),
        (no_parquet, "cannot be read: No such file"),
        (without_a_pair, "1 pairs have no prediction"),
        (half_answered, "% of the pairs answered, 90% are wanted"),
        (changed(dataset_sha256="0" * 64), "made on other rows than those of simulated here"),
        (other_schema, "has schema version 3, this core-harness reads up to 2"),
        (changed(state="running"), "incomplete"),
        (changed(state="partial", asking=asdict(summary(ended="max cost"))), "partial: max cost"),
        (changed(control="shuffled-labels"), "a control (shuffled-labels), not a method"),
        (changed(part={"limit": 5, "only": None}), "part of the dataset only: whole genes up to 5 pairs"),
        (changed(task={**TASK, "regime": "undeclared"}), "another question: de, undeclared regime"),
        (
            changed(task={**TASK, "regime": "unseen-perturbation", "dataset": "mine"}),
            "'mine' is not part of the suite",
        ),
        (changed(task={"seed": "five"}), "run.json, key task.seed"),
        (changed(method=["a", "list"]), "run.json, key method"),
        (changed(dataset={"name": {"deep": 1}}), "run.json, key dataset.name"),
        (without("state"), "incomplete"),
        (without("predictions_sha256"), "its sha256 differs"),
        (broken_json, "cannot be read"),
        (deep_json, "cannot be read"),
    ],
)
def test_what_cannot_be_ranked_is_listed_with_its_reason(
    copied: tuple[Run, Run], broken: Callable[[Run], object], reason: str
) -> None:
    broken(copied[1])
    board = board_of([run.folder for run in copied])
    (unranked,) = board.unranked
    assert unranked.run == copied[1].name
    assert reason in unranked.reason
    assert "\n" not in unranked.reason
    assert str(copied[1].folder.parent) not in unranked.reason
    assert [run.manifest.method.name for run in board.ranked("simulated")] == ["gene-frequency"]
    assert board.not_run("simulated") == {"not among the runs": ["voting"]}


def test_simulated_answers_are_unranked_unless_the_whole_board_is_simulated(copied: tuple[Run, Run]) -> None:
    rewrite(copied[1], asking=asdict(summary(simulated=True)))
    board = board_of([run.folder for run in copied])
    assert board.simulated
    assert board.unranked == []


def test_unanswered_pairs_gain_nothing(copied: tuple[Run, Run]) -> None:
    """A method that answers nothing has gene frequency's figure, not that of the pairs it chose."""
    rewrite(copied[1], copied[1].predictions().with_columns(score=pl.lit(None, pl.Float64)))
    board = board_of([run.folder for run in copied], coverage=0.000001)
    assert [run.reason for run in board.unranked] == ["0.0% of the pairs answered, 0% are wanted"]
    few = pl.when(pl.col("pair_id") < 100).then("score")
    rewrite(copied[1], copied[1].predictions().with_columns(score=pl.lit(0.5)).with_columns(score=few))
    (one, two) = board_of([run.folder for run in copied], coverage=0.01).ranked("simulated")
    assert one.figures.ranking.value == pytest.approx(two.figures.ranking.value, abs=0.05)


def test_a_path_that_holds_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run folder and holds none"):
        board_of([tmp_path])
    with pytest.raises(UsageError, match="unknown suite 'other'"):
        build([tmp_path], "other", Session(small_registry()))


def test_missing_data_are_said_to_be_missing(
    runs: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path))
    shipped = small_registry(datasets=("simulated", "perturbqa/k562"))
    entry = {"component": "perturbqa", "parameters": {"line": "k562", "question": "de"}, "summary": ""}
    world = shipped.datasets["simulated"]
    registry = shipped.model_copy(
        update={"datasets": {"simulated": world, "perturbqa/k562": type(world).model_validate(entry)}}
    )
    board = build([run.folder for run in runs], "small", Session(registry), resamples=50)
    reason = "its data are not on the machine that made this board"
    assert board.not_run("perturbqa/k562") == {reason: ["gene-frequency", "voting"]}
    assert all(row.mean is None for row in board.rows)
    assert board.ranked("simulated")


@pytest.mark.slow
def test_a_method_that_ran_on_all_datasets_has_a_mean_and_the_others_have_none(tmp_path: Path) -> None:
    registry = two_worlds_registry()
    states = run_suite(registry.suites["small"], Session(registry), out=tmp_path)
    assert [state.reason for state in states] == [None] * 4
    whole = build([tmp_path], "small", Session(registry), resamples=300)
    best, reference = whole.rows
    assert best.mean is not None
    assert reference.mean is not None
    assert (best.mean.rank.position, reference.mean.rank.position) == (1, 2)
    values = [run.figures.ranking.value for run in best.runs.values()]
    assert best.mean.value == pytest.approx(sum(values) / 2)
    drawn = [
        dict(
            zip(
                one.loaded.split.queries["perturbation"].unique().sort(),
                one.draws.weights.tolist(),
                strict=True,
            )
        )
        for one in whole.datasets.values()
    ]
    both = drawn[0].keys() & drawn[1].keys()
    assert both  # what was measured in two worlds is drawn in them together
    assert all(drawn[0][name] == drawn[1][name] for name in both)
    assert states[-1].run is not None
    shutil.rmtree(states[-1].run.folder)
    less = build([tmp_path], "small", Session(registry), resamples=300)
    without = next(row for row in less.rows if row.not_run)
    assert without.mean is None
    assert without.not_run == {"second": "not among the runs"}
    assert less.rows[-1] is without


def test_a_suite_that_says_another_task_than_its_data_is_refused(runs: tuple[Run, Run]) -> None:
    with pytest.raises(RegistryError, match="simulated asks 'de', but its suite is of 'dir'"):
        board_of([runs[0].folder], task="dir")


def test_a_model_that_may_have_read_the_data_is_marked(copied: tuple[Run, Run]) -> None:
    """By the registry's dates, whatever the run says of itself."""
    rewrite(copied[1], method={"model": "qwen"}, contamination={"possible": False})
    registry = small_registry()
    published = registry.datasets["simulated"].model_copy(update={"published": "2024-01"})
    registry = registry.model_copy(update={"datasets": {"simulated": published}})
    board = build([run.folder for run in copied], "small", Session(registry), resamples=50)
    marked, unmarked = board.ranked("simulated")
    assert marked.caution is not None
    assert "were published in 2024-01" in marked.caution
    assert unmarked.caution is None
    assert "were published in 2024-01" in markdown(board)


def test_generated_and_measured_data_do_not_stand_on_one_board(runs: tuple[Run, Run], tmp_path: Path) -> None:
    world().write_csv(tmp_path / "screen.csv")
    registry = small_registry(datasets=("simulated", "screen"))
    screen = {"component": "table", "parameters": {"path": str(tmp_path / "screen.csv")}, "summary": ""}
    generated = registry.datasets["simulated"]
    registry = registry.model_copy(
        update={"datasets": {"simulated": generated, "screen": type(generated).model_validate(screen)}}
    )
    with pytest.raises(RegistryError, match="of generated data or of measured ones, not both"):
        build([runs[0].folder], "small", Session(registry))
