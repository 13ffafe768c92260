"""The three syntaxes, by the ending of a file's name, and how they write terms and statements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core_harness.errors import DataError
from core_harness.knowledge.rdf.vocabulary import PREFIXES, TYPE, expand

Term = TypeVar("Term")

_ENDING = re.compile(r"\.(nt|ttl|trig)(\.gz)?$")
_SHORT = {iri: prefix for prefix, iri in PREFIXES.items()}
_SPLIT = re.compile(rf"({'|'.join(map(re.escape, sorted(_SHORT, key=len, reverse=True)))})(\w+)", re.ASCII)
_DATES = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}
"""Types by the number of characters."""
_ESCAPES = {
    **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
    **str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}),
}


@dataclass(frozen=True)
class Syntax:
    """One way to write RDF.

    Attributes
    ----------
    name
        Its usual name.
    ending
        Of file names, without the dot: what rdflib and pyoxigraph call the format by.
    terse
        Whether there are prefixes, and a subject is written once for all its statements.
    graphs
        Whether statements can be put into named graphs.
    """

    name: str
    ending: str
    terse: bool
    graphs: bool

    @property
    def header(self) -> str:
        """What a file begins with."""
        return "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items()) if self.terse else ""

    def iri(self, iri: str) -> str:
        """Return an IRI as it is written."""
        if self.terse and (parts := _SPLIT.fullmatch(iri)):
            return f"{_SHORT[parts[1]]}:{parts[2]}"
        return f"<{iri}>"

    def literal(self, text: str, datatype: str | None = None) -> str:
        """Return a literal as it is written; ``datatype`` is an IRI."""
        quoted = f'"{text.translate(_ESCAPES)}"'
        return quoted if datatype is None else f"{quoted}^^{self.iri(datatype)}"

    def date(self, date: str) -> str:
        """Return a year, a month or a day as it is written."""
        return self.literal(date, expand(_DATES[len(date)]))

    def template(self, predicates: Sequence[str]) -> str:
        """Return what is said about one subject, ``{}`` for each term that :meth:`arguments` gives."""
        written = [
            "a" if self.terse and predicate == TYPE else self.iri(predicate) for predicate in predicates
        ]
        if self.terse:
            return "{} " + " ;\n    ".join(f"{predicate} {{}}" for predicate in written) + " ."
        return "\n".join(f"{{}} {predicate} {{}} ." for predicate in written)

    def arguments(self, subject: Term, objects: Sequence[Term]) -> list[Term]:
        """Return the terms of :meth:`template` in their order."""
        if self.terse:
            return [subject, *objects]
        return [term for value in objects for term in (subject, value)]


SYNTAXES = {
    syntax.ending: syntax
    for syntax in (
        Syntax("N-Triples", "nt", terse=False, graphs=False),
        Syntax("Turtle", "ttl", terse=True, graphs=False),
        Syntax("TriG", "trig", terse=True, graphs=True),
    )
}


def syntax_of(path: Path) -> Syntax:
    """Return the syntax that the name of a file promises. Raises :class:`~core_harness.errors.DataError`."""
    ending = _ENDING.search(path.name)
    if ending is None:
        raise DataError(
            f"{path} does not end in .nt (N-Triples), .ttl (Turtle) or .trig (TriG), perhaps with .gz; name "
            "the file for what is in it, in one of these"
        )
    return SYNTAXES[ending[1]]
