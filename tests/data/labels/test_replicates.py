"""Halves of the cells, or another screen, repeat an experiment: who is in which half, and what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from data.labels.de_worlds import pdex, results
from hypothesis import given
from hypothesis import strategies as st
from program import run_here

from core_harness.data.labels.cells.halves import Half, cells_of_half
from core_harness.data.labels.cells.request import CellsRequest
from core_harness.data.labels.making import label_again, label_files
from core_harness.data.labels.manifest import manifest_path
from core_harness.data.labels.request import LabelRequest
from core_harness.data.labels.rule import PRESETS
from core_harness.data.tables.replicates import read_replicates, repeated_answers, replicates_path
from core_harness.errors import DataError, UsageError

SIMPLE: dict[str, Any] = {"preset": "simple", "thresholds": PRESETS["simple"], "split": "perturbation=.5"}
MANY = tuple(f"P{number}" for number in range(24))

CELLS = st.lists(
    st.tuples(
        st.sampled_from("AB"), st.sampled_from(["b0", "b1", None]), st.sampled_from(["g1", "g2", None])
    ),
    min_size=1,
    max_size=40,
).map(
    lambda cells: pl.DataFrame(
        [(number, "k", *cell) for number, cell in enumerate(cells)],
        schema=["cell", "context", "perturbation", "batch", "guide"],
        schema_overrides={"batch": pl.String, "guide": pl.String},
        orient="row",
    )
)


def quiet(*_: object) -> None:
    return


def halves(cells: pl.DataFrame, by: Any, draw: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    one, two = (cells_of_half(cells, Half(by=by, seed=3, draw=draw, first=first)) for first in (True, False))
    return one, two


@given(CELLS, st.sampled_from(["cells", "batch"]))
def test_each_cell_is_in_one_half(cells: pl.DataFrame, by: str) -> None:
    one, two = halves(cells, by)
    assert pl.concat([one, two]).sort("cell").equals(cells)


@given(CELLS)
def test_whole_batches_are_divided_evenly(cells: pl.DataFrame) -> None:
    one, two = halves(cells, "batch")
    assert not set(one["batch"]) & set(two["batch"])
    assert 0 <= one["batch"].n_unique() - two["batch"].n_unique() <= 1


@given(CELLS)
def test_guides_are_apart_and_cells_without_several_are_divided_evenly(cells: pl.DataFrame) -> None:
    one, two = halves(cells, "cells")
    for (name,), own in cells.group_by("perturbation"):
        here, there = (half.filter(perturbation=name) for half in (one, two))
        guides = set(own["guide"].drop_nulls())
        if len(guides) > 1:
            assert not set(here["guide"].drop_nulls()) & set(there["guide"].drop_nulls())
        single = (half.height if len(guides) < 2 else half["guide"].null_count() for half in (here, there))
        assert abs(next(single) - next(single)) <= 1


def test_draws_differ_and_come_again() -> None:
    cells = pl.DataFrame(
        {"cell": range(60), "context": "k", "perturbation": "A", "batch": "b", "guide": None},
        schema_overrides={"guide": pl.String},
    )
    assert halves(cells, "cells")[0].equals(halves(cells, "cells")[0])
    assert not halves(cells, "cells")[0].equals(halves(cells, "cells", draw=1)[0])


def screens(folder: Path, noise: float = 0.3) -> tuple[list[Path], list[Path]]:
    """Return a screen and one of the same effects whose genes are written in other letters."""
    first = results(MANY)
    again = first.with_columns(
        pl.col("p").log().add(pl.Series(range(first.height)).shuffle(seed=2) / first.height * noise).exp(),
        gene=pl.col("gene").str.to_lowercase(),
    ).with_columns(pl.col("p").clip(0, 1))
    for name in ("one", "two"):
        (folder / name).mkdir()
    return pdex(first, folder / "one"), pdex(again, folder / "two")


def test_another_screen_stands_beside_the_table_and_comes_again(tmp_path: Path) -> None:
    one, two = screens(tmp_path)
    table = tmp_path / "labels.csv"
    request = LabelRequest(**SIMPLE)
    manifest = label_files(one, request, table, tell=quiet, replicate=two)
    found, rows = read_replicates(table), pl.read_csv(table).filter(split="test")
    assert found is not None
    assert manifest.repeated is not None
    assert (manifest.repeated.by, manifest.repeated.pairs) == ("another screen", found.height)
    assert found.height == manifest.repeated.asked == rows.height
    assert found.join(rows, on=["context", "perturbation", "gene", "label"]).height == rows.height
    again, _ = label_again(manifest_path(table), None, tell=quiet)
    assert again.repeated == manifest.repeated
    label_files(one, request, table, tell=quiet)
    assert not replicates_path(table).exists()


def test_halves_need_cells_and_batches_and_pairs_of_the_table(tmp_path: Path) -> None:
    one, two = screens(tmp_path)
    halved = LabelRequest(**SIMPLE, cells=CellsRequest(replicates="cells"))
    with pytest.raises(UsageError, match="--replicates divides cells, and a table of results has none"):
        label_files(one, halved, tmp_path / "labels.csv", tell=quiet)
    with pytest.raises(UsageError, match="give one"):
        label_files(one, halved, tmp_path / "labels.csv", tell=quiet, replicate=two)
    with pytest.raises(UsageError, match="say --batch-column"):
        CellsRequest(replicates="batch")
    elsewhere = pdex(results(("X1", "X2")), tmp_path / "two")
    with pytest.raises(DataError, match="tests no pair of the table"):
        label_files(one, LabelRequest(**SIMPLE), tmp_path / "labels.csv", tell=quiet, replicate=elsewhere)
    assert not list(tmp_path.glob("labels*"))
    replicates_path(one[0]).write_bytes(b"no table")
    with pytest.raises(DataError, match="is no repeated experiment"):
        read_replicates(one[0])


def test_a_question_is_answered_by_significance_or_by_the_fold_change() -> None:
    found = pl.DataFrame(
        {
            "draw": "one",
            "context": "k",
            "perturbation": "A",
            "gene": ["G1", "G2", "G3", "G4"],
            "label": ["up", "down", "none", "none"],
            "p_value": [0.0, 0.01, 0.1, None],
            "log2_fold_change": [1.0, -2.0, 0.1, 0.0],
        }
    )
    de, direction = (repeated_answers(found, question) for question in ("de", "dir"))
    assert de["label"].to_list() == [1, 1, 0]
    assert de["score"].to_list() == pytest.approx([323.3, 2, 1], abs=0.1)
    assert direction.select("gene", "label", "score").rows() == [("G1", 1, 1.0), ("G2", 0, -2.0)]


def test_the_command_takes_another_screen_and_says_what_repeats(tmp_path: Path) -> None:
    one, two = screens(tmp_path)
    words = ["data", "label", *map(str, one), "--preset", "simple", "-o", "labels.csv"]
    done = run_here(*words, *(word for path in two for word in ("--replicate", str(path))), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "repeated by another screen: " in done.stdout
    done = run_here(*words, "--replicates", "cells", cwd=tmp_path)
    assert done.returncode == 2
    assert "--replicates divides cells" in done.stderr
