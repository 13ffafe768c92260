"""Words of texts and of names, against Python's own regular expressions."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from knowledge.rdf.graphs import sets

from core_harness.errors import DataError
from core_harness.knowledge import LayerSource, open_graph
from core_harness.knowledge.readers import read_words
from core_harness.knowledge.words import words_of_names, words_of_texts

GENES = st.sampled_from("ABC")
TEXTS = st.one_of(st.text(max_size=12), st.sampled_from(["DNA repair", "repair of DNA", "5'-3' RNase", ""]))
NAMES = st.sampled_from(["DNA repair", "RNA splicing", "splicing", "Repair", "!"])
SETS = st.lists(st.tuples(NAMES, GENES), max_size=8)


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


@given(rows=st.lists(st.tuples(TEXTS, GENES), max_size=8))
def test_a_gene_is_in_the_set_of_each_word_of_its_texts(rows: list[tuple[str, str]]) -> None:
    frame = pl.DataFrame(rows, schema={"text": pl.String, "gene": pl.String}, orient="row")
    found = words_of_texts(frame).rows()
    assert len(found) == len(set(found))
    assert set(found) == {(word, gene) for text, gene in rows for word in words(text)}


@given(one=SETS, other=SETS)
def test_words_of_layers_are_those_of_each_together_in_any_order(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    a, b = sets("a", *one), sets("b", *other)
    both = words_of_names("words", [a, b])
    assert set(both.frame.rows()) == {(word, gene) for name, gene in (*one, *other) for word in words(name)}
    assert both.of == ("a", "b")
    turned = words_of_names("words", [b, a])
    assert both.frame.equals(turned.frame)
    assert turned.of == both.of
    alone = pl.concat([words_of_names("x", [layer]).frame for layer in (a, b)])
    assert both.frame.equals(alone.unique().sort("set", "gene"))


def test_an_id_is_no_name() -> None:
    layer = sets("go", ("GO:1", "A"), ("GO:2", "B"), names={"GO:1": "DNA repair", "GO:3": "of no gene"})
    assert words_of_names("words", [layer]).frame.rows() == [("dna", "A"), ("repair", "A")]


ABOUT = {"source": "made up", "licence": "CC0-1.0"}


def source(name: str, reader: str, **options: object) -> LayerSource:
    return LayerSource.model_validate({"name": name, "reader": reader, **options, **ABOUT})


PATHWAYS = source("pathways", "gmt", file="p.gmt", date="2021")
WORDS = source("words", "words", of=["pathways"])
GENE_NAMES = source("names", "words", file="n.tsv", columns=["name", "symbol"])


def test_words_are_layers_of_a_graph_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "p.gmt").write_text("DNA repair\tx\tA\tB\n")
    (tmp_path / "n.tsv").write_text("symbol\tname\nA\tBRCA1 DNA repair associated\n")
    layers = [WORDS, GENE_NAMES, PATHWAYS]
    for _ in ("built", "from the cache"):
        graph = open_graph(tmp_path, layers, None, tmp_path / "cache")
        assert [layer.name for layer in graph.layers] == ["words", "names", "pathways"]
        assert graph.layers[0].frame.rows() == [("dna", "A"), ("dna", "B"), ("repair", "A"), ("repair", "B")]
        assert graph.layers[1].frame["set"].to_list() == ["associated", "brca1", "dna", "repair"]
        assert [layer.of for layer in graph.layers] == [("pathways",), (), ()]
        assert [layer.date for layer in graph.layers] == [None, None, "2021"]
    (tmp_path / "p.gmt").write_text("RNA splicing\tx\tA\tB\n")
    other = open_graph(tmp_path, layers, None, tmp_path / "cache")
    assert other.digest != graph.digest
    assert other.layers[0].frame["set"].unique().sort().to_list() == ["rna", "splicing"]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([WORDS], "layer 'words', 'of': unknown layer 'pathways' (known: words)"),
        (
            [WORDS.model_copy(update={"of": ("words",)})],
            "layer 'words', 'of': layer 'words' has no sets with names of their own; leave it out",
        ),
    ],
)
def test_words_of_what_has_no_names_are_refused(
    layers: list[LayerSource], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as refused:
        open_graph(tmp_path, layers, None, tmp_path / "cache")
    assert str(refused.value) == message


def test_a_text_that_is_empty_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "n.tsv").write_text("symbol\tname\nA\tone\nB\t\n")
    with pytest.raises(DataError, match=r"n\.tsv, row 3, column 'name': the field is empty; fill it or"):
        read_words(tmp_path / "n.tsv", text_column="name", gene_column="symbol")
