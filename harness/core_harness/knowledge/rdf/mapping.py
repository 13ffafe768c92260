"""How an RDF graph becomes a layer, as the registry describes it."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core_harness.knowledge.rdf.vocabulary import LABEL, expand

Iri = Annotated[str, AfterValidator(expand)]
"""An IRI in full, or a CURIE with a prefix of :data:`~core_harness.knowledge.rdf.vocabulary.PREFIXES`."""

_SLOT = "{symbol}"


def _template(text: str) -> str:
    if text.count(_SLOT) != 1:
        raise ValueError(f"{text!r} must have {_SLOT} once, in place of the symbol in a gene's IRI")
    before, after = text.split(_SLOT)
    expand(before + after)
    return expand(before) + _SLOT + after


class RdfMapping(BaseModel):
    """Which statements make a layer: the ``rdf`` table of a ``[[layer]]`` with the reader ``rdf``.

    A statement ``A follow B`` may be plain or an association: a node with ``rdf:subject``,
    ``rdf:predicate`` and ``rdf:object``, as in Biolink. Only the latter has a score.

    Attributes
    ----------
    kind
        ``sets``: statements are memberships. ``edges``: they link two genes, in either direction.
    follow
        Predicates of the statements, at least one.
    gene
        Sets only: the side of the statement that is the gene; the other is the set.
    score
        Edges only: the predicate from an association to its score. Then only associations count, and
        each must have one; without it, every edge weighs 1.
    evidence, date
        Sets only: the predicates from an association to its evidence code and its date. An association
        may have one of each; a statement without an association has none.
    label
        The predicate from a gene to its symbol.
    iri
        In place of ``label``: what genes' IRIs look like, with ``{symbol}`` for the symbol. Statements
        about other nodes are left out.
    set_label
        Sets only: the predicate from a set to its name; without it, sets are called by their IRIs.
    graph
        Read statements of this named graph only. Labels may be anywhere in the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["sets", "edges"]
    follow: Annotated[tuple[Iri, ...], Field(min_length=1)]
    gene: Literal["subject", "object"] = "subject"
    score: Iri | None = None
    evidence: Iri | None = None
    date: Iri | None = None
    label: Iri = LABEL
    iri: Annotated[str, AfterValidator(_template)] | None = None
    set_label: Iri | None = None
    graph: Iri | None = None

    @model_validator(mode="after")
    def _options_fit_the_kind(self) -> Self:
        of_sets = ("gene", "set_label", "evidence", "date")
        for option, kind in (*((option, "sets") for option in of_sets), ("score", "edges")):
            if option in self.model_fields_set and self.kind != kind:
                raise ValueError(f"kind {self.kind!r} takes no {option!r}")
        if self.iri is not None and "label" in self.model_fields_set:
            raise ValueError("a gene's symbol is either its 'label' or in its 'iri'; leave one out")
        return self

    @property
    def annotated(self) -> bool:
        """Whether memberships may have evidence codes and dates."""
        return not (self.evidence is None and self.date is None)

    @property
    def iri_pattern(self) -> str | None:
        """A regular expression for genes' IRIs, whose only group is the percent-encoded symbol."""
        if self.iri is None:
            return None
        before, after = map(re.escape, self.iri.split(_SLOT))
        return f"^{before}([^/#?]+){after}$"
