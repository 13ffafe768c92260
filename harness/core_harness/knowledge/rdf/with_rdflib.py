"""Statements by rdflib."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator

from rdflib import BNode, Dataset, Literal
from rdflib.exceptions import ParserError
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.plugins.parsers.ntriples import W3CNTriplesParser

from core_harness.knowledge.rdf.statements import NotRdfError, Statement
from core_harness.knowledge.rdf.syntaxes import Syntax

_WHY = re.compile(r".*Bad syntax \((.*)\) at \^ in:.*", re.DOTALL)
_BASE = "relative://"
"""A base that no file has: what begins with it afterwards was relative."""


def statements(content: bytes, syntax: Syntax) -> Iterator[Statement]:
    """Yield the statements. Raises :class:`~core_harness.knowledge.rdf.statements.NotRdfError`."""
    for subject, predicate, value, graph in _parsed(content, syntax).quads():
        yield (
            _node(subject),
            _node(predicate),
            str(value) if isinstance(value, Literal) else _node(value),
            isinstance(value, Literal),
            "" if graph is None or graph == DATASET_DEFAULT_GRAPH_ID else _node(graph),
        )


def _parsed(content: bytes, syntax: Syntax) -> Dataset:
    dataset = Dataset()
    log = logging.getLogger("rdflib.term")
    level = log.level
    log.setLevel(logging.CRITICAL)  # it logs odd literals with a traceback; readers check their numbers
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of one part of rdflib about another
            dataset.parse(io.BytesIO(content), format=syntax.ending, publicID=_BASE)
    except BadSyntax as error:
        raise NotRdfError(error.lines + 1, _WHY.sub(r"\1", str(error))) from None
    except ParserError:
        raise _bad_line(content) from None
    except Exception as error:  # rdflib's parsers break off in many ways
        raise NotRdfError(None, f"it cannot be read to its end ({type(error).__name__})") from error
    finally:
        log.setLevel(level)
    return dataset


def _bad_line(content: bytes) -> NotRdfError:
    """Return the first line of N-Triples that is no statement; rdflib does not name it."""
    for row, line in enumerate(content.split(b"\n"), start=1):
        try:
            W3CNTriplesParser().parsestring(line)
        except ParserError:
            return NotRdfError(row, f"{line.decode()!r} is no statement")
    return NotRdfError(None, "it cannot be read to its end")


def _node(term: object) -> str:
    if isinstance(term, BNode):
        return f"_:{term}"
    if str(term).startswith(_BASE):
        raise NotRdfError(
            None, f"the IRI <{str(term).removeprefix(_BASE)}> is relative, and there is no @base"
        )
    return str(term)
