"""RDF files to a frame of statements, by pyoxigraph where it is installed, else by rdflib."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import polars as pl

from core_harness.errors import DataError
from core_harness.knowledge.files import read_utf8
from core_harness.knowledge.rdf.statements import NotRdfError, Statement
from core_harness.knowledge.rdf.syntaxes import Syntax, syntax_of

STATEMENTS = {
    "subject": pl.String(),
    "predicate": pl.Categorical(),
    "object": pl.String(),
    "literal": pl.Boolean(),
    "graph": pl.Categorical(),
}
"""One statement a row. IRIs are written in full, blank nodes begin with ``_:``, of a literal the text is
kept; ``graph`` is empty where the statement is in no named graph."""

_BATCH = 100_000
_TOO_MUCH = 256 * 2**20
"""Bytes, unpacked: rdflib takes about 1 kB and .1 ms a statement, so that this is minutes and gigabytes."""


def read_statements(path: Path) -> pl.DataFrame:
    """Return the :data:`STATEMENTS` of a file whose name ends in .nt, .ttl or .trig, perhaps with .gz.

    Raises what :func:`~core_harness.knowledge.files.read_utf8` does, and
    :class:`~core_harness.errors.DataError` for another ending, for what is not valid in the syntax, and,
    without pyoxigraph, for a file that is too large for rdflib.
    """
    syntax = syntax_of(path)
    content = read_utf8(path)
    if importlib.util.find_spec("pyoxigraph") is not None:
        from core_harness.knowledge.rdf.with_pyoxigraph import statements  # noqa: PLC0415  an extra
    else:
        if len(content) > _TOO_MUCH:
            raise DataError(
                f"{path} holds {len(content) / 2**20:,.0f} MiB of {syntax.name}, too much for rdflib alone; "
                "pip install 'core-harness[rdf]' brings pyoxigraph, which reads it"
            )
        from core_harness.knowledge.rdf.with_rdflib import statements  # noqa: PLC0415  slow to import
    return _frame(statements(content, syntax), syntax, path)


def _frame(statements: Iterator[Statement], syntax: Syntax, path: Path) -> pl.DataFrame:
    batches = [pl.DataFrame(schema=STATEMENTS)]
    try:
        while rows := list(islice(statements, _BATCH)):
            batches.append(pl.DataFrame(rows, schema=STATEMENTS, orient="row"))
    except NotRdfError as error:
        row = "" if error.row is None else f", row {error.row}"
        raise DataError(f"{path}{row}: not valid {syntax.name}: {_said(error.reason)}") from None
    except UnicodeEncodeError as error:
        bad = f"{error.object[error.start]!r} is no character"
        raise DataError(f"{path}: not valid {syntax.name}: {_said(bad)}") from None
    return pl.concat(batches)


def _said(reason: str) -> str:
    if prefix := re.search(r"prefix \"?([^\s:\"]*:)", reason, re.IGNORECASE):
        return f"the prefix {prefix[1]!r} is not declared; declare it with a line @prefix {prefix[1]} <...> ."
    reason = " ".join(reason.split()).rstrip(".")
    if len(reason) > 200:
        reason = f"{reason[:200]}..."
    return f"{reason}; correct it, or export the file again"
