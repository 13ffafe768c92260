"""Drugs in the graph: one name a drug, and layers from its targets, its mechanisms and its structure.

The layers are over drugs in the place of genes, so that retrievers, facts and cards read them like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import polars as pl

from core_harness.errors import UsageError
from core_harness.knowledge.layers import Layer

_SALTS = frozenset(
    [
        "acetate",
        "besylate",
        "bitartrate",
        "bromide",
        "calcium",
        "chloride",
        "citrate",
        "dihydrochloride",
        "dihydrate",
        "dimesylate",
        "diphosphate",
        "disodium",
        "edisylate",
        "esylate",
        "fumarate",
        "gluconate",
        "hcl",
        "hemihydrate",
        "hemisulfate",
        "hydrate",
        "hydrobromide",
        "hydrochloride",
        "iodide",
        "lactate",
        "magnesium",
        "malate",
        "maleate",
        "meglumine",
        "mesilate",
        "mesylate",
        "monohydrate",
        "napsylate",
        "nitrate",
        "oxalate",
        "pamoate",
        "phosphate",
        "potassium",
        "sodium",
        "succinate",
        "sulfate",
        "sulphate",
        "tartrate",
        "tosylate",
        "trifluoroacetate",
        "trihydrate",
        "tromethamine",
    ]
)
"""Counter-ions, solvates and small esters, behind a name: what acts is the rest of it."""

_IONS = frozenset(["ammonium", "calcium", "iron", "lithium", "magnesium", "potassium", "sodium", "zinc"])
"""Alone these are no parent: sodium chloride is not sodium phosphate."""

_DOSED = re.compile(r"^\[?\(\s*['\"](?P<name>.+?)['\"]\s*,.*\)\]?$")
"""``[('imatinib', 0.5, 'uM')]``, as Tahoe-100M writes a drug with its dose."""

_CONFIGURATION = re.compile(r"^\((?:[rsezd,l\d]+|\+|-|\+/-|±|\u2212)\)-")
"""``(R)-``, ``(1r,2s)-`` and ``(+)-``: which mirror image of a molecule."""

LEAST_ALIKE = 0.4
"""Tanimoto coefficient of two Morgan fingerprints below which structures are alike by chance."""


def parent_name(name: str) -> str:
    """Return a drug's name without salt, dose, configuration and case: ``imatinib`` of ``Imatinib mesylate``.

    Underscores and hyphens count as spaces. Words are taken from the end only, and never the last but an ion.
    """
    if dosed := _DOSED.match(name.strip()):
        name = dosed["name"]
    name = _CONFIGURATION.sub("", name.strip().casefold())
    words = re.sub(r"[\s_\-\u2010-\u2015]+", " ", name).split()
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _SALTS:
        kept.pop()
    return " ".join(words if len(kept) == 1 and kept[0] in _IONS else kept)


def same_drugs(
    names: Iterable[str], known: Iterable[str], synonyms: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return which of the ``known`` names each name stands for; names that stand for none are left out.

    A name is itself if it is known; else the only known one with its parent (:func:`parent_name`), perhaps
    through a synonym. One that fits several is left out: which is meant is not guessed.
    """
    known = set(known)
    by_parent: dict[str, set[str]] = {}
    for one in known:
        by_parent.setdefault(parent_name(one), set()).add(one)
    other_names = {parent_name(name): parent_name(of) for name, of in (synonyms or {}).items()}
    found = {}
    for name in names:
        parent = parent_name(name)
        candidates = by_parent.get(parent) or by_parent.get(other_names.get(parent, ""), set())
        if name in known:
            found[name] = name
        elif len(candidates) == 1:
            found[name] = next(iter(candidates))
    return found


def listed_layer(name: str, listed: pl.DataFrame, *, clause: str) -> Layer:
    """Return a layer of sets from ``drug, values``, values joined by ``|``: a drug is in the set of each."""
    values = pl.col("values").fill_null("").str.split("|").list.eval(pl.element().str.strip_chars())
    memberships = listed.select(values.alias("set"), pl.col("drug").alias("gene")).explode("set")
    return Layer.sets(name, memberships.filter(pl.col("set") != ""), clause=clause)


def reach_layer(name: str, targets: Layer, layer: Layer, *, clause: str) -> Layer:
    """Return the sets of a layer of genes with the drugs that have a target in them."""
    drugs = targets.frame.select(pl.col("set").alias("target"), pl.col("gene").alias("drug"))
    reached = layer.frame.join(drugs, left_on="gene", right_on="target")
    memberships = reached.select("set", pl.col("drug").alias("gene"))
    return Layer.sets(name, memberships, names=layer.names, date=layer.date, clause=clause)


def network_layer(name: str, targets: Layer, layer: Layer) -> Layer:
    """Return the edges of a layer of genes, and one of weight 1 from each drug to each of its targets.

    Walks that start at two drugs then meet where their targets are near each other.
    """
    aims = targets.frame.select(pl.col("gene").alias("a"), pl.col("set").alias("b"), weight=pl.lit(1.0))
    return Layer.edges(name, pl.concat([layer.frame, aims]), date=layer.date, clause="")


def structure_layer(name: str, smiles: Mapping[str, str]) -> Layer:
    """Return edges between drugs of like structure, by their SMILES.

    The weight is the Tanimoto coefficient of Morgan fingerprints (radius 2, 2,048 bits; Rogers and Hahn 2010,
    doi:10.1021/ci100050t), where it is at least :data:`LEAST_ALIKE`. What RDKit cannot read has no edges.

    Raises :class:`~core_harness.errors.UsageError` where RDKit is not installed.
    """
    try:
        from rdkit import DataStructs, RDLogger  # noqa: PLC0415 - an extra
        from rdkit.Chem import MolFromSmiles  # noqa: PLC0415
        from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator  # noqa: PLC0415
    except ImportError:
        raise UsageError(
            "layers of structures need the extra 'drugs': pip install 'core-harness[drugs]'"
        ) from None
    RDLogger.DisableLog(
        "rdApp.*"
    )  # a SMILES that it cannot read is a drug without edges, and no page of text
    molecules = {drug: MolFromSmiles(text) for drug, text in sorted(smiles.items()) if text}
    generator = GetMorganGenerator(radius=2, fpSize=2048)
    prints = {drug: generator.GetFingerprint(found) for drug, found in molecules.items() if found is not None}
    names, bits = list(prints), list(prints.values())
    edges = [
        (names[number], names[other], alike)
        for number in range(1, len(names))
        for other, alike in enumerate(DataStructs.BulkTanimotoSimilarity(bits[number], bits[:number]))
        if alike >= LEAST_ALIKE
    ]
    frame = pl.DataFrame(edges, schema={"a": pl.String, "b": pl.String, "weight": pl.Float64}, orient="row")
    return Layer.edges(name, frame, clause="resembles in structure")
