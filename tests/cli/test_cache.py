"""``core-harness cache`` shows and deletes what later runs need not do again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest
from program import run_here

from core_harness.evidence import stored

FRAME = pl.DataFrame({"weight": [0.5] * 1000})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three relations, the first of them not used for long."""
    for name in "abc":
        stored.write(tmp_path / "cache" / "relations", name, FRAME, most=10**6)
    (oldest,) = (tmp_path / "cache" / "relations").glob("a-*")
    os.utime(oldest, (0, 0))
    return tmp_path


def cache(*words: str, cwd: Path) -> str:
    done = run_here("cache", *words, cwd=cwd, CORE_HARNESS_CACHE=str(cwd / "cache"))
    return f"{done.stdout}{done.stderr}"


def test_relations_are_counted(folder: Path) -> None:
    shown = json.loads(cache("show", "--json", cwd=folder))
    size = sum(one.size for one in stored.stored(folder / "cache" / "relations"))
    assert shown["relations"] == {"number": 3, "size": size, "most": 2_000_000_000}
    assert "relations: 3, 0.00 of at most 2 GB, last used 20" in cache("show", cwd=folder)


@pytest.mark.parametrize(
    ("options", "left"),
    [([], ""), (["--older-than", "30"], "bc"), (["--most", "0.00001"], "c"), (["--most", "1"], "abc")],
)
def test_relations_are_deleted_by_age_by_size_or_all(folder: Path, options: list[str], left: str) -> None:
    said = cache("prune", "--relations", *options, cwd=folder)
    assert f"{3 - len(left)} relations deleted" in said
    relations = folder / "cache" / "relations"
    assert sorted(one.path.name[0] for one in stored.stored(relations)) == list(left)


def test_answers_are_kept_when_relations_are_deleted_and_the_other_way_round(folder: Path) -> None:
    assert "0 answers deleted" in cache("prune", "--yes", cwd=folder)
    assert len(stored.stored(folder / "cache" / "relations")) == 3
    assert "add --relations" in cache("prune", "--most", "1", cwd=folder)
    assert "relations are of no model" in cache("prune", "--relations", "--model", "x", cwd=folder)
