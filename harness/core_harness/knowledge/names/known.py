"""``Known``: the names of genes that tables on this machine know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from core_harness.knowledge.symbols import Symbols


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known about names, made by :meth:`of`; without tables nothing is.

    Attributes
    ----------
    approved
        Approved symbols.
    aliases, ambiguous
        Other names of exactly one approved symbol, and of several.
    by_case
        Approved symbols by their small letters, where no two are the same.
    ensembl, ncbi
        Approved symbols by Ensembl id without version, and by NCBI gene id.
    orthologs
        Approved symbols by symbols of mouse genes.
    """

    approved: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_case: Mapping[str, str] = field(default_factory=dict)
    ensembl: Mapping[str, str] = field(default_factory=dict)
    ncbi: Mapping[str, str] = field(default_factory=dict)
    orthologs: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        symbols: Symbols,
        *,
        ensembl: Mapping[str, str] | None = None,
        ncbi: Mapping[str, str] | None = None,
        orthologs: Mapping[str, str] | None = None,
    ) -> Known:
        """Return what symbols, and identifiers of symbols, tell; the symbols of these may be aliases."""
        approved = frozenset(symbols.table["approved"].to_list())
        renamed, ambiguous = symbols.renamed, symbols.ambiguous
        aliases = dict(zip(renamed["alias"].to_list(), renamed["approved"].to_list(), strict=True))
        folded = [symbol.casefold() for symbol in approved]
        times = Counter(folded)

        def brought(identifiers: Mapping[str, str] | None) -> dict[str, str]:
            return {one: aliases.get(symbol, symbol) for one, symbol in (identifiers or {}).items()}

        return cls(
            approved=approved,
            aliases=aliases,
            ambiguous={alias: tuple(several) for alias, several in ambiguous.iter_rows()},
            by_case={
                small: symbol for small, symbol in zip(folded, approved, strict=True) if times[small] == 1
            },
            ensembl=brought(ensembl),
            ncbi=brought(ncbi),
            orthologs=brought(orthologs),
        )
