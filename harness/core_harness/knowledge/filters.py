"""Layers without what was annotated too late, or on evidence that a dataset may be.

A knowledge graph can have read the screens that a method is tested on. What is left here cannot have, as
far as its sources say when and on what evidence they know something.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

import polars as pl

from core_harness.errors import UsageError, unknown
from core_harness.knowledge.dates import is_before
from core_harness.knowledge.layers import Graph, Layer
from core_harness.knowledge.words import words_of_names

GO_CODES = (
    "EXP", "IDA", "IPI", "IMP", "IGI", "IEP", "HTP", "HDA", "HMP", "HGI", "HEP", "IBA", "IBD", "IKR", "IRD",
    "ISS", "ISO", "ISA", "ISM", "IGC", "RCA", "TAS", "NAS", "IC", "ND", "IEA",
)  # fmt: skip
"""Evidence codes of Gene Ontology (https://geneontology.org/docs/guide-go-evidence-codes/)."""


def restricted(
    graph: Graph, names: Collection[str], *, before: str | None = None, without: Collection[str] = ()
) -> list[Layer]:
    """Return what is left of the named layers, in the order of the graph; empty layers are left out.

    Parameters
    ----------
    graph
        It has all the layers.
    names
        Of the layers to restrict. Words of other layers are made again of what is left of those.
    before
        A month, as ``2022-01``: keep what is dated before it. The date of an annotation is its own, else that
        of its layer's release, as for all that has no annotations. A year alone lies before the next one.
    without
        Evidence codes: keep annotations that have another. Layers without annotations stay as they are.

    Raises
    ------
    UsageError
        Nothing is left; ``before`` is no month; a code is neither one of :data:`GO_CODES` nor in the graph; a
        layer has annotations but no codes, so that none of them can be kept; or words are of a layer that
        the graph does not have.
    """
    if before is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", before):
        raise UsageError(f"before={before!r} is no month; write it as YYYY-MM, e.g. before=2022-01")
    _refuse_unknown(graph, without)
    layers = {layer.name: layer for layer in graph.layers}
    found = [_restricted(layer, layers, before, without) for layer in graph.layers if layer.name in names]
    kept = [layer for layer in found if not layer.frame.is_empty()]
    if names and not kept:
        asked = [
            *([] if before is None else [f"before {before}"]),
            *([f"without {', '.join(sorted(without))}"] if without else []),
        ]
        raise UsageError(f"nothing is left {' and '.join(asked)} of {', '.join(names)}; allow more")
    return kept


def _restricted(
    layer: Layer, layers: Mapping[str, Layer], before: str | None, without: Collection[str]
) -> Layer:
    if layer.of:
        if absent := [name for name in layer.of if name not in layers]:
            raise UsageError(
                f"layer {layer.name!r} is made of layer {absent[0]!r}, which is not in the graph, so that it "
                "cannot be restricted; leave it out"
            )
        parts = [_restricted(layers[name], layers, before, without) for name in layer.of]
        return words_of_names(layer.name, parts, layer.date)
    if layer.annotations is not None:
        kept = _annotations(layer, layer.annotations, before, without)
        return Layer.sets(layer.name, kept, names=layer.names, date=layer.date)
    if before is None:
        return layer
    released = pl.select(is_before(pl.lit(layer.date, pl.String), before)).item()
    return layer if released else replace(layer, frame=layer.frame.clear())


def _annotations(
    layer: Layer, annotations: pl.DataFrame, before: str | None, without: Collection[str]
) -> pl.DataFrame:
    codes = annotations["evidence"].drop_nulls()
    if before is not None:
        known = pl.coalesce("date", pl.lit(layer.date, pl.String))
        annotations = annotations.filter(is_before(known, before))
    if without:
        if annotations.height and codes.is_empty():
            raise UsageError(
                f"layer {layer.name!r} has no evidence codes, so that it cannot be left without "
                f"{', '.join(sorted(without))}; `core-harness data pull go` gets those of the shipped "
                "layers; or leave the layer out"
            )
        annotations = annotations.filter(~pl.col("evidence").is_in(list(without)))  # null: unknown, left out
    return annotations


def _refuse_unknown(graph: Graph, codes: Collection[str]) -> None:
    found = [layer.annotations["evidence"] for layer in graph.layers if layer.annotations is not None]
    known = {*GO_CODES, *(code for column in found for code in column.drop_nulls().unique())}
    for code in codes:
        if code not in known:
            raise UsageError(unknown("evidence code", code, known))
