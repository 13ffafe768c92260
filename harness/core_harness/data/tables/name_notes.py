"""What is said about the names of a table: a line for each kind that was changed or not understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core_harness.knowledge.names import Kind, Known, Name

_CHANGED: dict[Kind, str] = {
    "alias": "aliases that are called by their approved symbol",
    "ensembl": "Ensembl ids that are called by their symbol or without version",
    "ncbi": "NCBI ids that are called by their symbol",
    "case": "names in other letters than their symbol, by which they are called",
    "ortholog": "mouse symbols that are taken for the human ortholog",
    "mouse": "mouse symbols that are taken for the human gene of the same letters",
    "with control": "genes with a control, called by the gene alone",
    "guide": "guides, called by their gene",
    "combination": "combinations of genes that are called by their symbols in order",
}
_LEFT: dict[Kind, str] = {
    "ensembl": "Ensembl ids of which no symbol is known here",
    "mouse": "names that look like mouse symbols and stay as they are (-p dataset.names=mouse-as-human)",
    "date": "names that a spreadsheet may have made dates of; they stay as they are, write the symbols again",
    "ambiguous": "aliases of several genes that stay as they are",
    "unknown": "names that no table of names has",
}

_DATES = 10
"""How many dates are named."""


def lines_about(
    perturbations: Mapping[str, Name], genes: Mapping[str, Name], known: Known, *, changed: bool
) -> Iterator[str]:
    """Yield a line for each kind, with how many names it has and an example.

    ``changed`` is whether names are called as :func:`~core_harness.knowledge.names.recognise` says. What no
    table has is not counted where there are no tables.
    """
    names = {**genes, **perturbations}
    for kind, what in _CHANGED.items() if changed else ():
        if found := sorted(name for name, one in names.items() if one.kind == kind and one.name != name):
            yield f"{what}: {len(found):,}, e.g. {found[0]} is {names[found[0]].name}"
    for kind, what in _LEFT.items():
        found = sorted(name for name, one in names.items() if one.kind == kind and one.name == name)
        if kind == "date" and found:  # each has to be written again
            yield f"{what}: {len(found):,} ({', '.join(found[:_DATES])}{', ...' if found[_DATES:] else ''})"
        elif found and (kind != "unknown" or known.approved):
            several = " or ".join(known.ambiguous.get(found[0], ()))
            yield f"{what}: {len(found):,}, e.g. {found[0]}{f' ({several})' if several else ''}"
    if "CTRL" in perturbations:
        yield "CTRL in capitals is the symbol of a gene and kept; write ctrl where it is the control"
