"""What we make of published files, against real files that were made without us."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import polars as pl
import pytest
from publisher import LINK_COLUMNS

from core_harness.data.sources.convert import combined_score, string
from core_harness.data.sources.manifest import sha256
from core_harness.registry.loading import shipped_registry

pytestmark = [pytest.mark.real, pytest.mark.slow]


def real(file: str) -> Path:
    beside = Path(__file__).parents[3] / "shared" / "data"
    path = Path(os.environ.get("CORE_HARNESS_DATA", beside)) / file
    if not path.is_file():
        pytest.skip(f"the real data are not here: {path} (set CORE_HARNESS_DATA)")
    return path


@pytest.fixture(scope="module")
def edges() -> pl.DataFrame:
    return pl.read_csv(real("kg/string_v12_no_textmining.tsv.gz"), separator="\t")


def test_scores_without_text_mining_are_strings_own(edges: pl.DataFrame) -> None:
    assert edges.height > 100_000
    assert combined_score(edges).equals(edges["combined_score"])


def test_links_of_proteins_become_these_edges_again(edges: pl.DataFrame, tmp_path: Path) -> None:
    one_way = edges.select(
        pl.format("9606.{}", "symbol_a").alias("protein1"),
        pl.format("9606.{}", "symbol_b").alias("protein2"),
        pl.exclude("combined_score"),
        textmining=pl.lit(900),
        textmining_transferred=pl.lit(0),
        combined_score=pl.lit(999),
    )
    other_way = one_way.with_columns(protein1="protein2", protein2="protein1")
    links, info = tmp_path / "links.txt.gz", tmp_path / "info.txt.gz"
    both = pl.concat([one_way, other_way]).select(LINK_COLUMNS.split())
    links.write_bytes(gzip.compress(both.write_csv(separator=" ").encode(), 1))
    names = pl.concat([edges["symbol_a"], edges["symbol_b"]]).unique().to_list()
    rows = "".join(f"9606.{name}\t{name}\t1\t\n" for name in names)
    info.write_bytes(
        gzip.compress(f"#string_protein_id\tpreferred_name\tprotein_size\tannotation\n{rows}".encode())
    )
    (made,) = string(links, info)
    ends = ("symbol_a", "symbol_b")
    wanted = edges.with_columns(symbol_a=pl.min_horizontal(ends), symbol_b=pl.max_horizontal(ends))
    got = pl.read_csv(gzip.decompress(made), separator="\t")
    assert got.equals(wanted.select(got.columns).sort(ends))


def test_the_recorded_digest_of_the_modules_is_that_of_the_real_file() -> None:
    (source,) = (source for source in shipped_registry().source if source.name == "coessentiality")
    assert sha256(real(source.files[0])) == source.downloads[0].sha256
