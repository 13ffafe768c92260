"""One name a drug, and layers from what is known of drugs."""

from __future__ import annotations

import importlib.util

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.errors import UsageError
from core_harness.knowledge import Graph, Layer
from core_harness.knowledge.drugs import (
    listed_layer,
    network_layer,
    parent_name,
    reach_layer,
    same_drugs,
    structure_layer,
)
from core_harness.knowledge.facts import Facts
from core_harness.knowledge.kernels import cosines, visits


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("Imatinib mesylate", "imatinib"),
        ("IMATINIB", "imatinib"),
        (" imatinib_hydrochloride-monohydrate ", "imatinib"),
        ("[('Imatinib (mesylate)', 0.5, 'uM')]", "imatinib (mesylate)"),
        ("[('imatinib', 0.5, 'uM')]", "imatinib"),
        ("(R)-bicalutamide", "bicalutamide"),
        ("(1r,2s)-phenylpropanolamine", "phenylpropanolamine"),
        ("(-)-rolipram", "rolipram"),
        ("sodium chloride", "sodium chloride"),
        ("sodium phosphate", "sodium phosphate"),
        ("citrate", "citrate"),
        ("valproic acid", "valproic acid"),
        ("prostaglandin d2", "prostaglandin d2"),
    ],
)
def test_a_parent_is_a_name_without_salt_dose_and_case(name: str, parent: str) -> None:
    assert parent_name(name) == parent


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30))
def test_a_parent_is_its_own_parent(name: str) -> None:
    assert parent_name(parent_name(name)) == parent_name(name)


def test_names_find_the_drug_that_they_stand_for() -> None:
    known = ["Imatinib", "valproic acid", "Tramadol", "(R,R)-Tramadol"]
    asked = ["imatinib mesylate", "Gleevec", "tramadol hydrochloride", "Tramadol", "aspirin"]
    assert same_drugs(asked, known, {"gleevec": "imatinib mesylate"}) == {
        "imatinib mesylate": "Imatinib",
        "Gleevec": "Imatinib",
        "Tramadol": "Tramadol",  # as it stands; with its salt it may be either of two
    }


TARGETS = listed_layer(
    "drug-targets",
    pl.DataFrame({"drug": ["a", "b", "c", "d"], "values": ["ABL1|KIT", "ABL1", " EGFR ", None]}),
    clause="acts on",
)


def test_listed_values_are_sets_of_drugs() -> None:
    assert TARGETS.frame.rows() == [("ABL1", "a"), ("ABL1", "b"), ("EGFR", "c"), ("KIT", "a")]


def test_drugs_reach_the_sets_of_their_targets() -> None:
    genes = Layer.sets("reactome", pl.DataFrame({"set": ["P", "P", "Q"], "gene": ["KIT", "EGFR", "MYC"]}))
    reached = reach_layer("drug-pathways", TARGETS, genes, clause="has a target that is in")
    assert reached.frame.rows() == [("P", "a"), ("P", "c")]


def test_drugs_are_near_where_their_targets_are() -> None:
    links = {"a": ["ABL1", "EGFR", "MYC"], "b": ["CRKL", "SOS1", "MAX"], "weight": [0.9, 0.9, 0.9]}
    genes = Layer.edges("string", pl.DataFrame({**links, "b": ["EGFR", "SOS1", "MAX"]}))
    network = network_layer("drug-network", TARGETS, genes)
    walks = visits(network, ["a", "b", "c", "d"])
    alike = cosines(walks, walks)
    assert alike[0, 1] > alike[1, 2] > 0  # one target in common; targets that interact
    assert np.all(alike[3] == 0)  # no target is known


def test_facts_of_a_drug_are_clauses_about_it() -> None:
    facts = Facts.of(Graph.of([TARGETS, network_layer("drug-network", TARGETS, Layer.edges("g", _edge()))]))
    assert sorted(facts.about("a", 5)) == ["acts on ABL1", "acts on KIT"]
    assert facts.between("a", "b", 5) == ["both: acts on ABL1"]


def test_a_graph_about_drugs_keeps_the_layers_of_genes_for_facts() -> None:
    graph = Graph.of([Layer.edges("g", _edge())])
    extended = graph.about([TARGETS])
    assert [(layer.name, layer.relates) for layer in extended.layers] == [
        ("g", False),
        ("drug-targets", True),
    ]
    assert len({graph.digest, extended.digest, graph.about([]).digest}) == 3
    assert Facts.of(extended).about("KIT", 5) == ["linked to ABL1"]


def test_structures_without_rdkit_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rdkit", None)
    with pytest.raises(UsageError, match=r"pip install 'core-harness\[drugs\]'"):
        structure_layer("drug-structure", {"a": "CCO"})


@pytest.mark.skipif(
    importlib.util.find_spec("rdkit") is None, reason="RDKit, the extra 'drugs', is not installed"
)
def test_like_structures_are_linked() -> None:
    aspirin, salicylate = "CC(=O)Oc1ccccc1C(=O)O", "OC(=O)c1ccccc1O"
    smiles = {
        "aspirin": aspirin,
        "again": aspirin,
        "salicylic acid": salicylate,
        "odd": "no molecule",
        "none": "",
    }
    edges = {(a, b): weight for a, b, weight in structure_layer("s", smiles).frame.iter_rows()}
    assert edges["again", "aspirin"] == 1
    assert edges.keys() <= {("again", "aspirin"), ("again", "salicylic acid"), ("aspirin", "salicylic acid")}


def _edge() -> pl.DataFrame:
    return pl.DataFrame({"a": ["KIT"], "b": ["ABL1"], "weight": [0.9]})
