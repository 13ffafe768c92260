"""The names that the tables of the data folder know."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from core_harness.knowledge import AliasSource, Symbols
from core_harness.knowledge.files import read_columns
from core_harness.knowledge.names import Known
from core_harness.knowledge.readers import read_aliases
from core_harness.paths import data_folder
from core_harness.registry.loading import shipped_registry


def known_names() -> Known:
    """Return what the tables of names in the data folder tell; one that is not there tells nothing.

    Raises :class:`~core_harness.errors.DataError` where one of them cannot be used.
    """
    registry, folder = shipped_registry(), data_folder()
    sources = (registry.aliases, registry.ensembl, registry.ncbi, registry.orthologs)
    return _known(*(_found(folder, source) for source in sources))


Found = tuple[Path, int, tuple[str, str]]
"""A file, when it was written, and its columns."""


def _found(folder: Path, source: AliasSource | None) -> Found | None:
    path = folder / source.file if source is not None else None
    if source is None or path is None or not path.is_file():
        return None
    return path, path.stat().st_mtime_ns, source.columns


@lru_cache(maxsize=2)
def _known(
    aliases: Found | None, ensembl: Found | None, ncbi: Found | None, orthologs: Found | None
) -> Known:
    symbols = Symbols.none()
    if aliases is not None:
        path, _, (alias, approved) = aliases
        symbols = Symbols.of(read_aliases(path, alias_column=alias, approved_column=approved))
    return Known.of(symbols, ensembl=_symbols(ensembl), ncbi=_symbols(ncbi), orthologs=_symbols(orthologs))


def _symbols(found: Found | None) -> dict[str, str]:
    """Return symbols by identifier; genes without one are left out."""
    if found is None:
        return {}
    path, _, (identifier, symbol) = found
    table = read_columns(path, [symbol], [identifier]).drop_nulls(identifier)
    return dict(zip(table[identifier].to_list(), table[symbol].to_list(), strict=True))
