"""Tables of names of a few genes, as ``data pull hgnc`` makes them."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl

from core_harness.knowledge import Symbols
from core_harness.knowledge.names import Known

ALIASES = {
    "TP53": ["TP53", "TRP53", "P53"],
    "MDM2": ["MDM2", "HDMX"],
    "KMT2A": ["KMT2A", "MLL", "CXXC7"],
    "MARCHF1": ["MARCHF1", "MARCH1"],
    "HLA-A": ["HLA-A"],
    "NKX2-1": ["NKX2-1", "TTF1"],
    "TTF1": ["TTF1"],
    "C4B_2": ["C4B_2"],
    "C4B": ["C4B"],
    "C1orf112": ["C1orf112"],
    "CTRL": ["CTRL"],
    "RPL5": ["RPL5", "L5"],
    "RPL11": ["RPL11", "L11", "L5L"],
    "RPL23": ["RPL23", "L5L"],
    "ATF4": ["ATF4"],
    "HSPA5": ["HSPA5", "GRP78"],
}
"""Other names by approved symbol; L5L is one of two genes."""

ENSEMBL = {"ENSG00000141510": "TP53", "ENSG00000122406": "RPL5", "ENSG00000118058": "MLL"}
NCBI = {"7157": "TP53", "6125": "RPL5", "4297": "KMT2A"}


def symbols() -> Symbols:
    """Return the approved symbols and their aliases."""
    rows = [(alias, approved) for approved, aliases in ALIASES.items() for alias in aliases]
    return Symbols.of(pl.DataFrame(rows, schema=["alias", "approved"], orient="row"))


def known() -> Known:
    """Return what the tables below tell."""
    return Known.of(symbols(), ensembl=ENSEMBL, ncbi=NCBI)


def write_names(data: Path) -> None:
    """Write the tables of names into ``data``."""
    kg = data / "kg"
    kg.mkdir(parents=True, exist_ok=True)
    rows = [f"{alias}\t{approved}" for approved, aliases in ALIASES.items() for alias in aliases]
    tables = {
        "hgnc_alias_to_approved.tsv.gz": ["Symbol\tApproved.Symbol", *rows],
        "ensembl_genes.tsv.gz": ["ensembl_id\tsymbol", *("\t".join(row) for row in ENSEMBL.items())],
        "hgnc_genes.tsv": [
            "hgnc_id\tsymbol\tname\tncbi_gene_id\tuniprot",
            *(f"HGNC:{number}\t{symbol}\tx\t{number}\tx" for number, symbol in NCBI.items()),
            "HGNC:1\tHLA-A\tx\t\tx",
        ],
    }
    for file, lines in tables.items():
        content = "".join(f"{line}\n" for line in lines).encode()
        (kg / file).write_bytes(gzip.compress(content) if file.endswith(".gz") else content)
