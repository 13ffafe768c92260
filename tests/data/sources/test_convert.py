"""From published formats to ours: checked against writers of those formats, and by our own readers."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from publisher import GAF, HGNC, INFO, LINK_COLUMNS, LINKS, OBO, gaf_row

from core_harness.data.sources import convert
from core_harness.data.sources.convert import combined_score, go, hgnc, orthologs, string
from core_harness.errors import DataError
from core_harness.knowledge.readers import read_aliases, read_annotations, read_edges

tried = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=min(50, settings().max_examples),  # each writes and reads files
)

names = st.from_regex(r"[A-Z][A-Z0-9]{0,3}", fullmatch=True)
scores = st.integers(0, 999)


def write(path: Path, content: str) -> Path:
    data = content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def table(content: bytes) -> list[list[str]]:
    text = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    return [line.split("\t") for line in text.decode().splitlines()]


# ---------------------------------------------------------------- Gene Ontology


def make_go(folder: Path, gaf: str = GAF, obo: str = OBO) -> list[bytes]:
    return go(write(folder / "goa_human.gaf.gz", gaf), write(folder / "go-basic.obo", obo))


def test_annotations_that_say_something_are_kept_with_the_names_of_their_terms(tmp_path: Path) -> None:
    annotations, labels = make_go(tmp_path)
    assert table(annotations) == [
        ["symbol", "uniprot", "go_id", "aspect", "go_name", "evidence", "date"],
        ["ABC1", "P1", "GO:0000002", "BP", "mitochondrial genome maintenance", "IDA", "20200101"],
        ["ABC1", "P1", "GO:0000002", "BP", "mitochondrial genome maintenance", "IEA", "20240229"],
        ["DEF", "P2", "GO:0000009", "CC", "", "IDA", "20200101"],
        ["GHI", "P3", "GO:0000001", "MF", "mitochondrion inheritance", "IDA", "20200101"],
    ]
    assert table(labels) == [
        ["GO:0000001", "mitochondrion inheritance"],
        ["GO:0000002", "mitochondrial genome maintenance"],
    ]


@tried
@given(
    rows=st.lists(
        st.tuples(
            names,
            names,
            st.integers(1, 99),
            st.sampled_from("PCF"),
            st.sampled_from(["IDA", "IEA", "IMP"]),
            st.dates(),
            st.sampled_from(["involved_in", "NOT|involved_in"]),
        ),
        min_size=1,
    )
)
def test_our_reader_finds_what_a_gaf_file_says(
    rows: list[tuple[str, str, int, str, str, date, str]], tmp_path: Path
) -> None:
    """Codes and dates with it, of annotations that are not negated."""
    written, wanted = [], set()
    for symbol, uniprot, term, aspect, code, day, qualifier in rows:
        written.append(
            gaf_row(
                symbol,
                uniprot,
                f"GO:{term:07}",
                aspect,
                qualifier=qualifier,
                evidence=code,
                date=f"{day:%Y%m%d}".zfill(8),
            )
        )
        if not qualifier.startswith("NOT"):
            wanted.add((f"GO:{term:07}", symbol, code, day.isoformat()))
    made = tmp_path / "made.tsv.gz"
    made.write_bytes(make_go(tmp_path, "!gaf-version: 2.2\n" + "".join(written))[0])
    if not wanted:
        return
    read = read_annotations(
        made, set_column="go_id", gene_column="symbol", evidence_column="evidence", date_column="date"
    )
    assert set(read.rows()) == wanted


# ---------------------------------------------------------------- STRING


def make_string(folder: Path, links: str = LINKS, info: str = INFO) -> bytes:
    paths = write(folder / "links.txt.gz", links), write(folder / "info.txt.gz", info)
    (made,) = string(*paths)
    return made


def test_pairs_of_proteins_become_pairs_of_genes_without_text_mining(tmp_path: Path) -> None:
    header, *rows = table(make_string(tmp_path))
    assert header == ["symbol_a", "symbol_b", *convert._STRING_CHANNELS, "combined_score"]
    # text mining alone is no link; below 400 neither; of two proteins of a gene the better link counts
    assert [(row[0], row[1], row[-1]) for row in rows] == [("ABC1", "DEF", "905"), ("ABC1", "GHI", "402")]


@pytest.mark.slow
@tried
@given(
    rows=st.lists(
        st.tuples(names, names, st.lists(scores, min_size=14, max_size=14)), min_size=1, max_size=20
    ),
    order=st.randoms(use_true_random=False),
    block=st.sampled_from([1, 40, 1 << 20]),
)
def test_the_order_of_links_and_the_size_of_blocks_change_no_byte(
    rows: list[tuple[str, str, list[int]]], order: Any, block: int, tmp_path: Path
) -> None:
    info = INFO.splitlines()[0] + "".join(
        f"\n9606.{name}\t{name}\t1\t" for name in sorted({name for a, b, _ in rows for name in (a, b)})
    )
    lines = [f"9606.{a} 9606.{b} " + " ".join(map(str, values)) for a, b, values in rows]
    first = make_string(tmp_path, "\n".join([LINK_COLUMNS, *lines]) + "\n", info)
    order.shuffle(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "_BLOCK", block)
        assert make_string(tmp_path, "\n".join([LINK_COLUMNS, *lines]) + "\n", info) == first
    made = tmp_path / "made.tsv.gz"
    made.write_bytes(first)
    if table(first)[1:]:
        read = read_edges(
            made, gene_columns=("symbol_a", "symbol_b"), score_columns=["combined_score"], divisor=1000
        )
        assert read["weight"].is_between(0.4, 1).all()
        assert (read["a"] < read["b"]).all()
        assert read.select("a", "b").is_unique().all()


def combined(**channels: int) -> int:
    values = {name: [channels.get(name, 0)] for name in convert._STRING_CHANNELS}
    return int(combined_score(pl.DataFrame(values)).item())


def test_scores_combine_as_independent_evidence() -> None:
    assert combined() == 41  # the prior
    assert combined(experiments=900) == 900
    # without the prior 521 is one half; two halves make three quarters, which is 760 with it
    assert combined(experiments=521, database=521) == 760
    assert combined(cooccurence=500) > combined(cooccurence=500, homology=900) > 41
    assert combined(homology=900) == 41


@given(values=st.dictionaries(st.sampled_from(convert._STRING_CHANNELS), scores), more=scores)
def test_more_evidence_never_lowers_a_score(values: dict[str, int], more: int) -> None:
    least = max([value for name, value in values.items() if name not in {"homology", "cooccurence"}] or [41])
    assert combined(**values) >= max(least - 1, 40)
    better = {**values, "experiments": max(more, values.get("experiments", 0))}
    assert combined(**better) >= combined(**values)


def test_what_is_made_holds_no_time(tmp_path: Path) -> None:
    assert make_string(tmp_path)[4:8] == bytes(4)  # where gzip has it


# ---------------------------------------------------------------- HGNC


def test_aliases_and_identifiers_of_approved_genes(tmp_path: Path) -> None:
    aliases, genes, ensembl = hgnc(write(tmp_path / "hgnc.txt", HGNC))
    assert table(aliases) == [
        ["Symbol", "Approved.Symbol"],
        ["ABC", "ABC1"],
        ["ABC1", "ABC1"],
        ["OLD1", "ABC1"],
        ["DEF", "DEF"],
        ["OLD1", "DEF"],
        ["OLD2", "DEF"],
    ]
    assert table(genes) == [
        ["hgnc_id", "symbol", "name", "ncbi_gene_id", "uniprot"],
        ["HGNC:1", "ABC1", "alphabet, one", "11", "P1"],
        ["HGNC:2", "DEF", "define", "22", "P2, Q2"],
    ]
    assert table(ensembl) == [["ensembl_id", "symbol"], ["ENSG00000000002", "DEF"]]


# ---------------------------------------------------------------- MGI

HOMOLOGY = """DB Class Key\tCommon Organism Name\tNCBI Taxon ID\tSymbol\tEntrezGene ID
1\tmouse, laboratory\t10090\tTrp53\t22059
1\thuman\t9606\tTP53\t7157
2\tmouse, laboratory\t10090\tHbb-bs\t1
2\tmouse, laboratory\t10090\tHbb-bt\t2
2\thuman\t9606\tHBB\t3043
3\tmouse, laboratory\t10090\tGm123\t3
4\tmouse, laboratory\t10090\tCcl21a\t4
4\thuman\t9606\tCCL21\t6366
5\tmouse, laboratory\t10090\tCcl21b\t5
5\thuman\t9606\tCCL21\t6366
"""


def test_orthologs_are_each_others_only_counterpart(tmp_path: Path) -> None:
    (pairs,) = orthologs(write(tmp_path / "homology.rpt", HOMOLOGY))
    assert table(pairs) == [["mouse", "human"], ["Trp53", "TP53"]]


def test_a_report_without_orthologs_is_no_source_of_them(tmp_path: Path) -> None:
    mice = "\n".join(line for line in HOMOLOGY.splitlines() if "\t9606\t" not in line)
    with pytest.raises(DataError, match=r"homology\.rpt has no gene of mouse \(10090\) and human"):
        orthologs(write(tmp_path / "homology.rpt", mice))


@pytest.mark.slow
@tried
@given(genes=st.dictionaries(names, st.tuples(st.sets(names), st.sets(names)), min_size=1))
def test_our_reader_finds_every_alias(genes: dict[str, tuple[set[str], set[str]]], tmp_path: Path) -> None:
    def field(values: set[str]) -> str:
        joined = "|".join(sorted(values))
        return f'"{joined}"' if len(values) > 1 else joined

    rows = [
        f"HGNC:{n}\t{symbol}\tname\tx\tApproved\t{field(alias)}\t{field(before)}\t\t\t"
        for n, (symbol, (alias, before)) in enumerate(genes.items())
    ]
    made = tmp_path / "made.tsv.gz"
    complete_set = write(tmp_path / "hgnc.txt", "\n".join([HGNC.splitlines()[0], *rows]) + "\n")
    made.write_bytes(hgnc(complete_set)[0])
    read = read_aliases(made, alias_column="Symbol", approved_column="Approved.Symbol")
    assert set(read.rows()) == {
        (name, symbol) for symbol, (alias, before) in genes.items() for name in {symbol} | alias | before
    }


# ---------------------------------------------------------------- files that are something else

LOGIN = "<!DOCTYPE html>\n<html><body>please log in</body></html>\n"


@pytest.mark.parametrize("content", [LOGIN, "", "!only: comments\n", GAF.replace("\t\n", "\n")])
def test_a_gaf_file_that_is_none(content: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"goa_human\.gaf\.gz is not a GAF 2 file"):
        make_go(tmp_path, gaf=content)


def test_an_annotation_with_a_gap(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"an annotation without .* term, aspect, code or date: \('XYZ'"):
        make_go(tmp_path, gaf=GAF + gaf_row("XYZ", "P9", "GO:0000001", "Q"))


@pytest.mark.parametrize("content", [LOGIN, "", "[Term]\nid: GO:1\n"])
def test_an_ontology_that_is_none(content: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"go-basic\.obo is not an ontology in OBO format"):
        make_go(tmp_path, obo=content)


@pytest.mark.parametrize(
    ("links", "info", "message"),
    [
        (LOGIN, INFO, r"links\.txt\.gz: unknown column 'protein1'"),
        (LINKS.replace("coexpression", "coexpresion"), INFO, "did you mean 'coexpresion'"),
        (LINKS.replace("999", "high"), INFO, "a score is not a whole number"),
        (LINKS, LOGIN, r"info\.txt\.gz: unknown column '#string_protein_id'"),
        (LINKS, INFO.replace("9606.ENSP3", "9606.ENSP9"), r"has no name for 9606\.ENSP3"),
        ("", INFO, r"links\.txt\.gz"),
    ],
)
def test_links_that_cannot_be_used(links: str, info: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        make_string(tmp_path, links, info)


def test_a_gzip_file_that_is_none_or_ends_too_early(tmp_path: Path) -> None:
    info = write(tmp_path / "info.txt.gz", INFO)
    links = write(tmp_path / "links.txt.gz", LINKS)
    whole = links.read_bytes()
    for content in (whole[:-20], b"plain", whole[:200] + bytes(20) + whole[220:]):
        links.write_bytes(content)
        with pytest.raises(DataError, match=r"links\.txt\.gz is not a whole gzip file"):
            string(links, info)
    with pytest.raises(DataError, match=r"links\.txt\.gz is not a whole gzip file"):
        string(info, links)


@pytest.mark.parametrize("content", [LOGIN, "", HGNC.replace("prev_symbol", "previous")])
def test_a_complete_set_that_is_none(content: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"hgnc\.txt: unknown column '(symbol|prev_symbol)'"):
        hgnc(write(tmp_path / "hgnc.txt", content))
