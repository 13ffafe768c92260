"""Statements by pyoxigraph, which is fast and reads as it goes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, RdfFormat, parse

from core_harness.knowledge.rdf.statements import NotRdfError, Statement
from core_harness.knowledge.rdf.syntaxes import Syntax

_WHERE = re.compile(r"^Parser error (at|between) line .*?: ", re.DOTALL)


def statements(content: bytes, syntax: Syntax) -> Iterator[Statement]:
    """Yield the statements. Raises :class:`~core_harness.knowledge.rdf.statements.NotRdfError`."""
    try:
        for subject, predicate, value, graph in parse(content, RdfFormat.from_extension(syntax.ending)):
            yield (
                _node(subject),
                predicate.value,
                value.value if isinstance(value, Literal) else _node(value),
                isinstance(value, Literal),
                "" if isinstance(graph, DefaultGraph) else _node(graph),
            )
    except SyntaxError as error:
        raise NotRdfError(error.lineno, _WHERE.sub("", error.msg)) from None


def _node(term: object) -> str:
    if isinstance(term, NamedNode):
        return term.value
    if isinstance(term, BlankNode):
        return f"_:{term.value}"
    raise NotRdfError(None, f"{term} is a statement within a statement, which a layer cannot hold")
