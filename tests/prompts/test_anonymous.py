"""Under the control ``anonymised-names`` no prompt names a gene, though the facts are full of symbols."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_packages import installed_package

from core_harness import evaluate
from core_harness.vocabulary import Control

SYMBOLS = [
    "TP53",
    "MDM2",
    "BAX",
    "ATM",
    "CHEK2",
    "CDKN1A",
    "CASP9",
    "HSPA5",
    "DDIT3",
    "ERN1",
    "HLA-A",
    "RPL5",
]
ALIASES = {"P53": "TP53", "HDM2": "MDM2", "p21": "CDKN1A", "BIP": "HSPA5"}
WORD = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")

FILES = {
    "hooks.py": """
from core_harness import Component, hookimpl

@hookimpl
def core_datasets():
    return [Component("named", "named_genes.parts:Named", "real symbols, and a graph that is full of them")]

@hookimpl
def core_llms():
    return [Component("recorder", "named_genes.parts:Recorder", "says yes, and keeps what it was asked")]
""",
    "parts.py": f"""
import polars as pl

from core_harness import Graph, Layer, Symbols
from core_harness.llm import Provider, Reply, Tokens

SYMBOLS, ALIASES = {SYMBOLS!r}, {ALIASES!r}
ASKED = []


class Named:
    question, agent, simulated = "de", "knockdown", True

    def rows(self):
        rows = [
            ("K562", name, gene, (3 * i + j) % 7 < 3, "test" if i % 4 == 0 else "train")
            for i, name in enumerate(["P53", *SYMBOLS[1:]])
            for j, gene in enumerate(SYMBOLS)
            if name != gene
        ]
        names = ["context", "perturbation", "gene", "label", "split"]
        return pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.col("label").cast(pl.UInt8))

    def knowledge(self):
        sets = [(name, gene) for name in ("Stress response", "Regulation of BAX", "p53-dependent arrest")
                for gene in SYMBOLS]
        sets += [(f"{{gene}}/ATM axis (rpl5, HLA-A)", gene) for gene in SYMBOLS]
        sets += [("Hdm2 targets", gene) for gene in SYMBOLS[::2]]
        edges = [(a, b, 0.9) for a in SYMBOLS for b in SYMBOLS if a < b]
        layers = [
            Layer.sets("sets", pl.DataFrame(sets, schema=["set", "gene"], orient="row")),
            Layer.edges("edges", pl.DataFrame(edges, schema=["a", "b", "weight"], orient="row")),
        ]
        table = [*ALIASES.items(), *((symbol, symbol) for symbol in SYMBOLS)]
        return Graph.of(layers, Symbols.of(pl.DataFrame(table, schema=["alias", "approved"], orient="row")))


class Recorder:
    def identity(self):
        return {{"model": "recorder"}}

    def describe(self):
        return Provider(model="recorder", host="this process")

    def upper_bound(self, request):
        return Tokens(1, 1)

    async def ask(self, request):
        ASKED.append(request)
        grades = "".join(f"ANSWER {{item}}: 5\\n" for item in request.items)
        text = grades if request.form == "grades" else "ANSWER: yes"
        return Reply(text=text, model="recorder", simulated=True, prompt_tokens=1, completion_tokens=1)
""",
}


@pytest.fixture
def named_genes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a package with a dataset of real symbols and a model that writes down what it is asked."""
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    with installed_package(tmp_path / "site", "named_genes", FILES):
        yield


def asked(strategy: str, control: Control | None = None) -> str:
    from named_genes.parts import ASKED  # type: ignore[import-not-found]

    ASKED.clear()
    evaluate("named", strategy, model="recorder", control=control)
    assert ASKED
    return "\n".join(
        "\n".join([*(message.content for message in request.messages), *request.items]) for request in ASKED
    )


def named_in(text: str) -> set[str]:
    """Return the symbols and aliases in a text, whatever their case."""
    known = {name.upper() for name in (*SYMBOLS, *ALIASES)}
    words = {part.upper() for word in WORD.findall(text) for part in (word, *word.split("-"))}
    return known & words


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["isolated", "few-shot", "flat", "reasoning", "voting"])
@pytest.mark.usefixtures("named_genes")
def test_an_anonymous_prompt_holds_no_symbol_where_facts_do(strategy: str) -> None:
    plain = asked(strategy)
    assert named_in(plain) >= {"TP53", "BAX", "P53", "HDM2"}
    hidden = asked(strategy, "anonymised-names")
    assert named_in(hidden) == set()
    assert re.search(r"Perturbation: X\d{4}\n", hidden)
    assert "member of Stress response" in hidden  # what names no gene is still there
