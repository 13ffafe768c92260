"""IRIs: Biolink's for statements, public ones for genes and terms, those below :data:`KG` for the rest.

=============================  ==========================================================
``HGNC:11998``                 a gene with an HGNC id, in the form of identifiers.org
``KG/gene/SYMBOL``             any other gene, by its symbol
``GO:0006915``                 a term of Gene Ontology
``KG/set/LAYER/NAME``          any other set
``KG/edge/LAYER/A/B``          an association of two genes
``KG/annotation/LAYER/...``    an association of a gene with a set, by gene, set, code and date
``KG/layer/LAYER``             a layer: a named graph
``KG/genes``, ``KG/symbols``   the named graphs of genes' symbols and of their aliases
``KG/release/SHA256``          a file that layers come from
=============================  ==========================================================

``KG`` is :data:`KG`; what follows it is percent-encoded. These are names, not addresses of pages.
"""

from __future__ import annotations

from urllib.parse import quote

KG = "https://w3id.org/core-harness/kg"
"""Prefix of the IRIs that this project defines."""

PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "biolink": "https://w3id.org/biolink/vocab/",
    "obo": "http://purl.obolibrary.org/obo/",
    "GO": "http://purl.obolibrary.org/obo/GO_",
    "HGNC": "http://identifiers.org/hgnc/",
    "kg": f"{KG}/vocab#",
}
"""Prefixes of CURIEs in mappings and in Turtle; Biolink's where Biolink has one."""

_NOT_IN_AN_IRI = frozenset('<>"{}|^`\\ ')


def expand(name: str) -> str:
    """Return the IRI that is written in full or as a CURIE. Raises :class:`ValueError`."""
    if bad := sorted(_NOT_IN_AN_IRI & set(name)):
        raise ValueError(f"{name!r} is no IRI: {bad[0]!r} is not allowed in one")
    if "://" in name or name.startswith(("urn:", "tag:")):
        return name
    prefix, colon, local = name.partition(":")
    if not colon:
        raise ValueError(f"{name!r} is no IRI; write it in full, or as prefix:name")
    if prefix not in PREFIXES:
        raise ValueError(
            f"unknown prefix {prefix!r} in {name!r}; write the IRI in full (known: {', '.join(PREFIXES)})"
        )
    return PREFIXES[prefix] + local


def short(iri: str) -> str:
    """Return an IRI as messages show it: as a CURIE where there is a prefix for it."""
    fits = [prefix for prefix, begin in PREFIXES.items() if iri.startswith(begin) and iri != begin]
    longest = max(fits, key=lambda prefix: len(PREFIXES[prefix]), default=None)
    return iri if longest is None else f"{longest}:{iri.removeprefix(PREFIXES[longest])}"


def kg_iri(kind: str, *parts: str) -> str:
    """Return an IRI below :data:`KG`, e.g. ``kg_iri("set", "reactome", "DNA Repair")``."""
    return "/".join([KG, kind, *map(quoted, parts)])


def quoted(part: str) -> str:
    """Return a name percent-encoded, for a place between two slashes of an IRI."""
    return quote(part, safe="")


TYPE = expand("rdf:type")
SUBJECT = expand("rdf:subject")
PREDICATE = expand("rdf:predicate")
OBJECT = expand("rdf:object")
LABEL = expand("rdfs:label")
IDENTIFIER = expand("dcterms:identifier")
PART_OF = expand("dcterms:isPartOf")
ISSUED = expand("dcterms:issued")
DERIVED_FROM = expand("prov:wasDerivedFrom")
"""From a layer to the file or the layers that it is made of."""
GENE = expand("biolink:Gene")
ASSOCIATION = expand("biolink:Association")
DOUBLE = expand("xsd:double")
SCORE = expand("biolink:has_confidence_score")
EVIDENCE = expand("kg:evidence")
"""The evidence code of an annotation."""
CREATED = expand("dcterms:created")
"""The date of an annotation."""
SYMBOL = expand("biolink:symbol")
SYNONYM = expand("biolink:synonym")

GENES = kg_iri("genes")
SYMBOLS = kg_iri("symbols")
RELATION = expand("kg:relation")
"""Which Biolink predicate the statements of a layer have."""
POSITION = expand("kg:position")
"""The place of a layer among those of its graph, from 0."""
GRAPH = expand("kg:Graph")
"""Class of a graph that has such layers."""
KINDS = {expand("kg:SetLayer"): "sets", expand("kg:EdgeLayer"): "edges"}
"""Classes of layers."""
ANNOTATED = expand("kg:AnnotationLayer")
"""Further class of a set layer whose memberships may have evidence codes and dates."""
