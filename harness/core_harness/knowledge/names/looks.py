"""What names that are not known look like, and what makes them known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from core_harness.knowledge.names.known import Known
from core_harness.knowledge.names.recognise import Kind, recognise

_LOOKS: dict[Kind, tuple[str, str]] = {
    "ensembl": (
        "Ensembl identifiers",
        "get their symbols with `core-harness data pull hgnc`, or write symbols",
    ),
    "ncbi": ("NCBI gene ids", "get their symbols with `core-harness data pull hgnc`, or write symbols"),
    "mouse": (
        "mouse symbols",
        "write human symbols, or -p dataset.names=mouse-as-human takes the genes of the same letters",
    ),
    "combination": ("combinations", "write the genes' symbols with '+' between them"),
    "with control": ("`GENE+ctrl`", "write the gene's symbol alone"),
    "guide": ("names of guides", "write the gene's symbol alone"),
    "control": ("controls", "take them out"),
    "date": ("dates made by a spreadsheet", "write the symbols again"),
    "ambiguous": ("aliases of several genes", "write approved symbols"),
    "alias": ("aliases", "write approved symbols"),
    "case": ("symbols in other letters", "write approved symbols"),
}


def looks_of(names: Collection[str], known: Known) -> tuple[str, str] | None:
    """Return what most of the names of perturbations look like, and how to mend it; None: like nothing."""
    numbers = [name for name in names if name.isdecimal()]
    if 2 * len(numbers) >= max(len(names), 1):
        return _LOOKS["ncbi"]
    kinds = Counter(one.kind for one in recognise(names, known, perturbations=True).values())
    kind, number = max(kinds.items(), key=lambda item: (item[1], item[0]), default=("unknown", 0))
    return _LOOKS.get(kind) if 2 * number >= len(names) else None
