"""What a written graph says about itself: its layers, and the releases that they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core_harness.knowledge.layers import Graph, Layer
from core_harness.knowledge.rdf import vocabulary as v
from core_harness.knowledge.rdf.origins import Origin, Origins
from core_harness.knowledge.rdf.syntaxes import Syntax

_SPDX = {
    "Apache-2.0", "BSD-3-Clause", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-SA-4.0", "CC0-1.0", "MIT", "ODbL-1.0",
    "PDDL-1.0",
}  # fmt: skip
"""Licences that data have and that have a page on spdx.org."""

_USUAL = {"sets": "member_of", "edges": "interacts_with"}

Facts = Sequence[tuple[str, str]]


def relation_of(layer: Layer, origin: Origin | None) -> str:
    """Return the IRI of the Biolink predicate that the layer's statements have."""
    chosen = None if origin is None else origin.biolink
    return v.expand(f"biolink:{chosen or _USUAL[layer.kind]}")


def described(graph: Graph, origins: Origins, syntax: Syntax) -> str:
    """Return the statements about the graph, its named graphs and their releases, sorted by layer."""
    classes = {kind: iri for iri, kind in v.KINDS.items()}
    layers = [v.kg_iri("layer", layer.name) for layer in graph.layers]
    of_layers = [origins.layers.get(layer.name) for layer in graph.layers]
    parts = [*layers, v.GENES, v.SYMBOLS]
    entity = (v.TYPE, syntax.iri(v.expand("prov:Entity")))
    entries: list[tuple[str, Facts]] = [
        (
            v.KG,
            [
                (v.TYPE, syntax.iri(v.GRAPH)),
                (v.IDENTIFIER, syntax.literal(f"sha256:{graph.digest}")),
                *((v.expand("dcterms:hasPart"), syntax.iri(part)) for part in parts),
            ],
        ),
        *(
            (
                home,
                [
                    (v.TYPE, syntax.iri(classes[layer.kind])),
                    *([] if layer.annotations is None else [(v.TYPE, syntax.iri(v.ANNOTATED))]),
                    (v.IDENTIFIER, syntax.literal(layer.name)),
                    (v.POSITION, syntax.literal(str(position), v.expand("xsd:integer"))),
                    (v.RELATION, syntax.iri(relation_of(layer, origin))),
                    *((v.DERIVED_FROM, syntax.iri(v.kg_iri("layer", name))) for name in layer.of),
                    *_release(origin, syntax, layer.date),
                ],
            )
            for position, (home, layer, origin) in enumerate(
                zip(layers, graph.layers, of_layers, strict=True)
            )
        ),
        (v.GENES, [entity, *_release(origins.genes, syntax)]),
        (v.SYMBOLS, [entity, *_release(origins.symbols, syntax)]),
    ]
    known = {origin.sha256 for origin in (*of_layers, origins.genes, origins.symbols) if origin is not None}
    entries += [
        (v.kg_iri("release", sha256), [entity, (v.IDENTIFIER, syntax.literal(f"sha256:{sha256}"))])
        for sha256 in sorted(filter(None, known))
    ]
    return "".join(_entry(subject, facts, syntax) for subject, facts in entries)


def _release(origin: Origin | None, syntax: Syntax, date: str | None = None) -> Iterator[tuple[str, str]]:
    origin = origin or Origin()
    if origin.title is not None:
        yield v.expand("dcterms:title"), syntax.literal(origin.title)
    if origin.licence is not None:
        yield v.expand("dcterms:rights"), syntax.literal(origin.licence)
        for licence in origin.licence.split(" / "):
            if licence in _SPDX:
                yield v.expand("dcterms:license"), syntax.iri(f"https://spdx.org/licenses/{licence}")
    if (issued := date or origin.date) is not None:
        yield v.ISSUED, syntax.date(issued)
    if origin.sha256 is not None:
        yield v.DERIVED_FROM, syntax.iri(v.kg_iri("release", origin.sha256))


def _entry(subject: str, facts: Facts, syntax: Syntax) -> str:
    predicates, objects = zip(*facts, strict=True)
    arguments = syntax.arguments(syntax.iri(subject), objects)
    return "\n" * syntax.terse + syntax.template(predicates).format(*arguments) + "\n"
