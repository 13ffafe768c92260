"""Conversion of published files to those that the readers read.

Every step is a function of its files alone: it takes them in the order of the registry's ``downloads``
and returns the contents of ``files``, the same bytes each time. Rows are sorted. A download that is not
what it should be raises :class:`~core_harness.errors.DataError` with its name.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness.errors import DataError, unknown
from core_harness.registry.entries import Conversion

Floats = NDArray[np.float64]

_ASPECTS = {"P": "BP", "C": "CC", "F": "MF"}
_GAF = {
    1: "database",
    2: "uniprot",
    3: "symbol",
    4: "qualifier",
    5: "go_id",
    7: "evidence",
    9: "aspect",
    14: "date",
}
_GAF_COLUMNS = 17

_STRING_PRIOR = 0.041
_STRING_LEAST = 400
_STRING_CHANNELS = (
    "neighborhood",
    "neighborhood_transferred",
    "fusion",
    "cooccurence",
    "homology",
    "coexpression",
    "coexpression_transferred",
    "experiments",
    "experiments_transferred",
    "database",
    "database_transferred",
)
_BLOCK = 1 << 24  # bytes of text in memory at once: the links of human proteins are a gigabyte


def convert(how: Conversion, downloads: Sequence[Path]) -> list[bytes]:
    """Return the contents of a source's files, made of its downloads.

    Raises :class:`~core_harness.errors.DataError` where a download is not of the format it should have.
    """
    return _CONVERSIONS[how](*downloads)


def unzip(archive: Path) -> list[bytes]:
    """Return the only file of an archive; nothing is written under its name.

    Names with folders are refused all the same: such an archive is not the one that was published.
    """
    try:
        with zipfile.ZipFile(archive) as members:
            names = members.namelist()
            if len(names) != 1:
                raise DataError(f"{archive.name} should hold one file, not {len(names)}")
            if "\\" in names[0] or PurePosixPath(names[0]).name != names[0]:
                raise DataError(f"{archive.name} holds {names[0]!r}, a path that leads out of the archive")
            return [members.read(names[0])]
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
        raise DataError(f"{archive.name} is not a whole zip archive") from None


def go(gaf: Path, obo: Path) -> list[bytes]:
    """Return the table of annotations, gzipped, and ``go_id, label`` without a header.

    The annotations are in GAF 2, the ontology in OBO 1.2. Kept are annotations of UniProt's proteins that
    say something: no ``NOT`` in the qualifier, and another evidence code than ND, "no data". The table is
    ``symbol, uniprot, go_id, aspect, go_name, evidence, date``; a protein has a row for each code and date
    (``20190503``) with which it is annotated to a term.
    """
    labels = _labels(obo)
    annotations = (
        _gaf(gaf)
        .filter(
            pl.col("database") == "UniProtKB",
            pl.col("evidence") != "ND",
            ~pl.col("qualifier").fill_null("").str.split("|").list.contains("NOT"),
        )
        .with_columns(pl.col("aspect").replace_strict(_ASPECTS, default=None))
        .select("symbol", "uniprot", "go_id", "aspect", "evidence", "date")
        .unique()
        .join(labels.rename({"label": "go_name"}), on="go_id", how="left")
        .select("symbol", "uniprot", "go_id", "aspect", "go_name", "evidence", "date")
        .sort("symbol", "uniprot", "go_id", "aspect", "evidence", "date")
    )
    if (bad := annotations.filter(pl.any_horizontal(pl.exclude("go_name").is_null()))).height:
        raise DataError(
            f"{gaf.name}: an annotation without symbol, protein, term, aspect, code or date: {bad.row(0)}"
        )
    return [_gzip(_tsv(annotations)), _tsv(labels, header=False)]


def string(links: Path, info: Path) -> list[bytes]:
    """Return ``symbol_a, symbol_b``, eleven channels and ``combined_score``, gzipped: one row a pair.

    The score is combined anew without the text mining channels, as STRING's authors do (von Mering et al.
    2005, doi:10.1093/nar/gki005; their script ``combine_subscores.py``): the prior .041 is taken out of
    every channel, what is left is combined as independent evidence, co-occurrence counting less between
    homologs, and the prior is put back. Pairs with at least 400 of 1000 are kept.
    """
    names = _table(info, _text(info), separator="\t", columns=("#string_protein_id", "preferred_name"))
    edges = pl.concat(_scored(block, links) for block in _blocks(links))
    for end in ("protein1", "protein2"):
        edges = edges.join(names, left_on=end, right_on="#string_protein_id", how="left").rename(
            {"preferred_name": f"name_of_{end}"}
        )
        if (nameless := edges.filter(pl.col(f"name_of_{end}").is_null())).height:
            raise DataError(f"{info.name} has no name for {nameless[end][0]}, which {links.name} links")
    ends = ("name_of_protein1", "name_of_protein2")
    pairs = (
        edges.select(
            pl.min_horizontal(ends).alias("symbol_a"),
            pl.max_horizontal(ends).alias("symbol_b"),
            *_STRING_CHANNELS,
            "combined_score",
        )
        .filter(pl.col("symbol_a") != pl.col("symbol_b"))
        .sort("symbol_a", "symbol_b", "combined_score", *_STRING_CHANNELS)
        .unique(("symbol_a", "symbol_b"), keep="last", maintain_order=True)
    )
    return [_gzip(_tsv(pairs))]


def combined_score(channels: pl.DataFrame) -> pl.Series:
    """Return STRING's score, 0 to 1000, from its channels without text mining."""
    # numpy divides; polars multiplies by the reciprocal, and a bit makes another whole number
    score = {name: channels[name].to_numpy() / 1000 for name in _STRING_CHANNELS}

    def missed(name: str) -> Floats:
        found: Floats = (np.maximum(score[name], _STRING_PRIOR) - _STRING_PRIOR) / (1 - _STRING_PRIOR)
        return 1 - found

    def both_missed(name: str) -> Floats:
        return missed(name) * missed(f"{name}_transferred")

    none = (
        both_missed("neighborhood")
        * missed("fusion")
        * (1 - (1 - missed("cooccurence")) * (1 - score["homology"]))
        * both_missed("coexpression")
        * both_missed("experiments")
        * both_missed("database")
    )
    combined = (1 - none) * (1 - _STRING_PRIOR) + _STRING_PRIOR
    return pl.Series("combined_score", np.floor(combined * 1000).astype(np.int64))


def hgnc(complete_set: Path) -> list[bytes]:
    """Return the tables of aliases, gzipped, of identifiers, and of Ensembl ids, gzipped.

    Their columns are ``Symbol, Approved.Symbol``, ``hgnc_id, symbol, name, ncbi_gene_id, uniprot`` and
    ``ensembl_id, symbol``, in which a gene without Ensembl id has no row.

    An alias is an approved symbol itself, an earlier symbol, or a synonym; an alias of several genes has
    one row for each of them.
    """
    names = ("symbol", "prev_symbol", "alias_symbol")
    columns = (*names, "hgnc_id", "name", "status", "entrez_id", "uniprot_ids", "ensembl_gene_id")
    genes = _table(complete_set, _text(complete_set), separator="\t", quote='"', columns=columns)
    genes = genes.filter(pl.col("status") == "Approved").sort("symbol")
    symbols = [
        genes.select(pl.col(column).str.split("|").alias("Symbol"), pl.col("symbol").alias("Approved.Symbol"))
        for column in names
    ]
    aliases = (
        pl.concat(symbols)
        .explode("Symbol")
        .with_columns(pl.col("Symbol").str.strip_chars())
        .filter(pl.col("Symbol").is_not_null() & (pl.col("Symbol") != ""))
        .unique()
        .sort("Approved.Symbol", "Symbol")
    )
    identifiers = genes.select(
        "hgnc_id",
        "symbol",
        "name",
        pl.col("entrez_id").alias("ncbi_gene_id"),
        pl.col("uniprot_ids").str.replace_all("|", ", ", literal=True).alias("uniprot"),
    )
    ensembl = genes.select(pl.col("ensembl_gene_id").alias("ensembl_id"), "symbol").drop_nulls()
    return [_gzip(_tsv(aliases)), _tsv(identifiers), _gzip(_tsv(ensembl.sort("ensembl_id")))]


def orthologs(homology: Path) -> list[bytes]:
    """Return ``mouse, human``, gzipped: symbols of genes that are each other's only counterpart.

    The report has a line a gene, genes of a class together. Classes with several genes of a species are left
    out, because which of them is meant cannot be known.
    """
    columns = ("DB Class Key", "NCBI Taxon ID", "Symbol")
    genes = _table(homology, _text(homology), separator="\t", columns=columns).unique()
    sides = {
        species: genes.filter(pl.col("NCBI Taxon ID") == taxon)
        .filter(pl.len().over("DB Class Key") == 1)
        .select("DB Class Key", pl.col("Symbol").alias(species))
        for species, taxon in (("mouse", "10090"), ("human", "9606"))
    }
    pairs = sides["mouse"].join(sides["human"], on="DB Class Key")
    pairs = pairs.filter(pl.col("mouse").is_unique() & pl.col("human").is_unique())
    if pairs.is_empty():
        raise DataError(f"{homology.name} has no gene of mouse (10090) and human (9606) side by side")
    return [_gzip(_tsv(pairs.select("mouse", "human").sort("mouse")))]


_CONVERSIONS: dict[Conversion, Callable[..., list[bytes]]] = {
    "go": go,
    "hgnc": hgnc,
    "orthologs": orthologs,
    "string": string,
    "unzip": unzip,
}


def _gaf(path: Path) -> pl.DataFrame:
    try:
        table = pl.read_csv(
            _text(path),
            separator="\t",
            has_header=False,
            comment_prefix="!",
            quote_char=None,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:
        raise DataError(f"{path.name} is not a GAF 2 file") from None
    if table.width != _GAF_COLUMNS:
        raise DataError(f"{path.name} is not a GAF 2 file: it has {table.width} columns, not {_GAF_COLUMNS}")
    return table.select(pl.nth(number - 1).alias(name) for number, name in _GAF.items())


def _labels(obo: Path) -> pl.DataFrame:
    """Return ``go_id, label`` of the terms of an ontology, sorted."""
    lines = pl.DataFrame(
        {"line": _text(obo).decode("utf-8", "replace").splitlines()}, schema={"line": pl.String}
    )
    tagged = lines.with_columns(
        pl.col("line").str.starts_with("[").cum_sum().alias("stanza"),
        pl.col("line").str.extract(r"^id: (GO:\d+)").alias("go_id"),
        pl.col("line").str.extract(r"^name: (.+)").alias("label"),
    )
    labels = (
        tagged.group_by("stanza")
        .agg(pl.col("go_id", "label").drop_nulls().first())
        .drop("stanza")
        .drop_nulls()
        .sort("go_id")
    )
    if labels.is_empty():
        raise DataError(f"{obo.name} is not an ontology in OBO format: no term of it has an id and a name")
    return labels


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield a gzipped table in pieces of whole lines, each with the header."""
    try:
        with gzip.open(path) as file:
            header = file.readline()
            yield header  # so that a table without rows is looked at too
            while block := file.read(_BLOCK):
                yield header + block + file.readline()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path.name} is not a whole gzip file") from None


def _scored(block: bytes, path: Path) -> pl.DataFrame:
    columns = ("protein1", "protein2", *_STRING_CHANNELS)
    links = _table(path, block, separator=" ", columns=columns)
    try:
        links = links.with_columns(pl.col(_STRING_CHANNELS).cast(pl.Int64))
    except pl.exceptions.PolarsError:
        raise DataError(f"{path.name}: a score is not a whole number") from None
    return links.with_columns(combined_score(links)).filter(pl.col("combined_score") >= _STRING_LEAST)


def _text(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path.name} is not a whole gzip file") from None


def _table(
    path: Path, content: bytes, *, separator: str, columns: Sequence[str], quote: str | None = None
) -> pl.DataFrame:
    """Return columns of a table as strings, an empty field as null."""
    header = content.partition(b"\n")[0].decode("utf-8", "replace").rstrip("\r").split(separator)
    for column in columns:
        if column not in header:
            raise DataError(f"{path.name}: {unknown('column', column, header)}")
    try:
        return pl.read_csv(
            content, separator=separator, quote_char=quote, infer_schema=False, columns=list(columns)
        ).select(columns)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path.name} is not a table: {error}") from None


def _tsv(table: pl.DataFrame, *, header: bool = True) -> bytes:
    out = io.BytesIO()
    table.write_csv(out, separator="\t", quote_style="never", include_header=header)
    return out.getvalue()


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)  # no date in it: the same bytes each time
