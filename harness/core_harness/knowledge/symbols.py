"""Gene symbols: one approved name a gene, whatever the year of the file."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

ALIASES = {"alias": pl.String, "approved": pl.String}


@dataclass(frozen=True)
class Symbols:
    """What is known about symbols, made by :meth:`of` from a table of aliases.

    A symbol that is approved keeps its name, even where another gene has it as an alias. An alias of
    one approved symbol gets that name. An alias of several is ambiguous and stays as it is, and so does
    a name that is not in the table.

    Attributes
    ----------
    table
        ``alias, approved``, unique and sorted; the approved symbols are all of the second column.
    renamed
        ``alias, approved``: the aliases of exactly one symbol, sorted.
    ambiguous
        ``alias, approved`` with a list of symbols: the aliases of several, sorted.
    """

    table: pl.DataFrame
    renamed: pl.DataFrame
    ambiguous: pl.DataFrame

    @classmethod
    def of(cls, table: pl.DataFrame) -> Symbols:
        """Return the symbols of a table ``alias, approved`` in any order, repeated rows allowed."""
        table = table.select(pl.col(column).cast(kind) for column, kind in ALIASES.items())
        table = table.unique().sort("alias", "approved")
        targets = (
            table.join(table.select("approved"), left_on="alias", right_on="approved", how="anti")
            .group_by("alias")
            .agg(pl.col("approved").sort())
            .sort("alias")
        )
        single = pl.col("approved").list.len() == 1
        return cls(
            table=table,
            renamed=targets.filter(single).with_columns(pl.col("approved").list.first()),
            ambiguous=targets.filter(~single),
        )

    @classmethod
    def none(cls) -> Symbols:
        """Return the symbols of no table: every name stays as it is."""
        return cls.of(pl.DataFrame(schema=ALIASES))

    def approve(self, symbols: pl.Series) -> pl.Series:
        """Return a string series of the same length and name, aliases replaced by approved symbols."""
        return symbols.replace(self.renamed["alias"], self.renamed["approved"])
