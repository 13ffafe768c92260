from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

from core_harness import Evidence
from core_harness.errors import UsageError
from core_harness.evaluation.checks import check_relations
from core_harness.knowledge import Graph, Layer, Symbols
from core_harness.knowledge.kernels import cosines, memberships, neighbourhoods, visits
from core_harness.plugins.protocols import Retriever, UsesKnowledge
from core_harness.schemas import PAIRS, RELATIONS, SUPPORT, Block, Task, check
from core_harness_plugins.retrievers.kg import KnowledgeGraph
from core_harness_plugins.retrievers.none import NoNeighbours
from core_harness_plugins.retrievers.random import RandomNeighbours
from core_harness_plugins.retrievers.symbol import SameSymbol

Floats = NDArray[np.float64]

TASK = Task(
    dataset="toy", question="de", agent="knockdown", regime="unseen-perturbation", seed=7, simulated=True
)


def block(queries: list[str], candidates: list[str]) -> Block:
    pairs = [(number, "k562", name, "gene") for number, name in enumerate(sorted(queries))]
    support = [("k562", name, "gene", number % 2) for number, name in enumerate(sorted(candidates))]
    return Block(
        context="k562",
        pairs=pl.DataFrame(pairs, schema=list(PAIRS.items()), orient="row"),
        support=pl.DataFrame(support, schema=list(SUPPORT.items()), orient="row"),
    )


PATHWAYS = Layer.sets("pathways", pl.DataFrame({"set": ["p", "p", "q", "q", "r"], "gene": [*"ABBCD"]}))
COMPLEXES = Layer.sets("complexes", pl.DataFrame({"set": ["x", "x", "y"], "gene": [*"ACD"]}))
LINKS = Layer.edges("links", pl.DataFrame({"a": [*"ABC"], "b": [*"BCD"], "weight": [1.0, 0.5, 0.25]}))
OLD = Symbols.of(pl.DataFrame({"alias": ["OLDA", "OLDB"], "approved": ["A", "B"]}))
GRAPH = Graph.of([PATHWAYS, COMPLEXES, LINKS], OLD)


def related(retriever: KnowledgeGraph, block: Block, graph: Graph = GRAPH) -> pl.DataFrame:
    retriever.use(graph)
    return check(retriever.relate(TASK, block), RELATIONS, "kg")


@pytest.mark.parametrize("cls", [KnowledgeGraph, SameSymbol, RandomNeighbours, NoNeighbours])
def test_what_a_retriever_must_do(cls: type[Retriever]) -> None:
    """Declared columns, sorted rows, positive finite weights, known names, none related to itself."""
    retriever = cls()
    if isinstance(retriever, UsesKnowledge):
        retriever.use(GRAPH)
    some = block(["A", "B", "unknown"], ["A", "B", "C", "D"])
    relations = check(retriever.relate(TASK, some), RELATIONS, cls.__name__)
    names = ["perturbation", "neighbour"]
    assert relations.select(names).rows() == sorted(set(relations.select(names).rows()))
    assert set(relations["perturbation"]) <= set(some.perturbations)
    assert set(relations["neighbour"]) <= set(some.candidates)
    assert relations.filter(perturbation=pl.col("neighbour")).is_empty()
    assert relations.filter(~((pl.col("weight") > 0) & pl.col("weight").is_finite())).is_empty()
    assert check_relations(relations, some, cls.__name__).select(relations.columns).equals(relations)
    for empty in (block([], ["A"]), block(["A"], [])):
        assert check(retriever.relate(TASK, empty), RELATIONS, cls.__name__).is_empty()


@pytest.mark.parametrize("cls", [KnowledgeGraph, SameSymbol, RandomNeighbours])
def test_a_retriever_that_knows_no_contexts_speaks_for_all(cls: type[Retriever]) -> None:
    """Whom it relates, with what weight, is the same in each context of the support."""
    retriever = cls()
    if isinstance(retriever, UsesKnowledge):
        retriever.use(GRAPH)
    here = block(["A"], ["AB", "B", "C"])
    elsewhere = here.support.filter(pl.col("perturbation") != "C").with_columns(context=pl.lit("hepg2"))
    both = Block(context="k562", pairs=here.pairs, support=pl.concat([here.support, elsewhere]))
    relations = check_relations(retriever.relate(TASK, both), both, cls.__name__)
    weight = dict(relations.select("neighbour", "weight").iter_rows())
    found = Evidence(both, relations).related().select("neighbour", "context", "weight")
    units = both.support.select(pl.col("perturbation").alias("neighbour"), "context").rows()
    assert set(found.rows()) == {(name, where, weight[name]) for name, where in units if name in weight}


class TestKnowledgeGraph:
    SOME = block(["A", "D"], ["B", "C"])

    def kernels(self, *, shared: bool = False) -> dict[str, Floats]:
        left, right = self.SOME.perturbations, self.SOME.candidates
        near = neighbourhoods if shared else visits
        return {
            "pathways": cosines(memberships(PATHWAYS, left), memberships(PATHWAYS, right)),
            "complexes": cosines(memberships(COMPLEXES, left), memberships(COMPLEXES, right)),
            "links": cosines(near(LINKS, left), near(LINKS, right)),
        }

    def weights(self, relations: pl.DataFrame) -> Floats:
        weight = {(a, b): w for a, b, w in relations.select(*RELATIONS).rows()}
        names = self.SOME
        return np.array([[weight.get((a, b), 0.0) for b in names.candidates] for a in names.perturbations])

    @pytest.mark.parametrize("shared", [False, True])
    def test_sets_and_networks_have_fixed_shares(self, shared: bool) -> None:
        retriever = KnowledgeGraph(network="shared-neighbours" if shared else "pagerank", network_share=0.3)
        kernel = self.kernels(shared=shared)
        expected = 0.3 * kernel["links"] + 0.35 * kernel["pathways"] + 0.35 * kernel["complexes"]
        relations = related(retriever, self.SOME)
        assert_allclose(self.weights(relations), expected)
        assert relations["layers"].struct.fields == ["pathways", "complexes", "links"]
        together = relations.unnest("layers").select(
            0.3 * pl.col("links") + 0.35 * pl.col("pathways") + 0.35 * pl.col("complexes")
        )
        assert_allclose(together.to_series(), relations["weight"])

    def test_one_kind_alone_has_all_the_weight(self) -> None:
        kernel = self.kernels()
        links = related(KnowledgeGraph(layers="links"), self.SOME)
        assert_allclose(self.weights(links), kernel["links"])
        sets = related(KnowledgeGraph(layers=" complexes, pathways"), self.SOME)
        assert_allclose(self.weights(sets), (kernel["pathways"] + kernel["complexes"]) / 2)
        assert sets["layers"].struct.fields == ["pathways", "complexes"]

    def test_old_and_new_names_are_one_perturbation(self) -> None:
        relations = related(KnowledgeGraph(), block(["B", "OLDA"], ["A", "C", "OLDB"]))
        assert relations.select("perturbation", "neighbour").rows() == [
            ("B", "A"),
            ("B", "C"),
            ("OLDA", "C"),
            ("OLDA", "OLDB"),
        ]
        new = related(KnowledgeGraph(), block(["A"], ["B", "C"]))
        old = relations.filter(perturbation="OLDA").sort("neighbour", descending=True)
        assert_allclose(old["weight"], new["weight"])

    def test_a_new_block_and_a_new_graph_are_not_answered_from_memory(self) -> None:
        retriever = KnowledgeGraph(layers="links")
        first = related(retriever, self.SOME)
        other = block(["A"], ["C", "D"])
        assert_frame_equal(retriever.relate(TASK, other), related(KnowledgeGraph(layers="links"), other))
        assert_frame_equal(retriever.relate(TASK, self.SOME), first)
        cut = Graph.of([Layer.edges("links", LINKS.frame.filter(a="A"))])
        assert related(retriever, self.SOME, cut)["neighbour"].to_list() == ["B"]

    def test_overlapping_folds_are_answered_as_if_each_were_the_first(self) -> None:
        retriever = KnowledgeGraph()
        retriever.use(GRAPH)
        for queries, candidates in (["A"], ["B", "C"]), (["B"], ["A", "C", "D"]), (["C", "OLDA"], ["B", "D"]):
            some = block(queries, candidates)
            assert_frame_equal(
                retriever.relate(TASK, some), related(KnowledgeGraph(), some), check_exact=True
            )

    def test_weak_layers_are_left_out_and_may_be_absent(self) -> None:
        weak = replace(PATHWAYS, name="go-mf"), replace(PATHWAYS, name="gene-name")
        graph = Graph.of([*GRAPH.layers, *weak], OLD)
        assert_frame_equal(related(KnowledgeGraph(), self.SOME, graph), related(KnowledgeGraph(), self.SOME))
        named = related(KnowledgeGraph(layers="gene-name"), self.SOME, graph)
        assert named["layers"].struct.fields == ["gene-name"]

    def test_late_layers_are_not_used_and_a_line_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        graph = Graph.of([replace(PATHWAYS, date="2021"), COMPLEXES, replace(LINKS, date="2022-01")], OLD)
        early = related(KnowledgeGraph(before="2022-01"), self.SOME, graph)
        assert_frame_equal(early, related(KnowledgeGraph(layers="pathways"), self.SOME))
        line = "retriever 'kg' uses pathways; nothing is left of complexes, links\n"
        assert capsys.readouterr().err == line
        with pytest.raises(UsageError, match="nothing is left before 2021-01 of pathways, complexes, links"):
            related(KnowledgeGraph(before="2021-01"), self.SOME, graph)

    @pytest.mark.parametrize(
        ("codes", "left"), [("", "BC"), ("IMP, IEP", "B"), ("IDA,TAS", ""), ("TAS", "BC")]
    )
    def test_annotations_on_other_evidence_relate(self, codes: str, left: str) -> None:
        schema = {"set": pl.String, "gene": pl.String, "evidence": pl.String, "date": pl.String}
        codes_of_rows = ["IMP", "IDA", "IDA", "TAS", "TAS", "IEP", "EXP"]
        rows = list(zip("ppqqqqr", "ABAABCD", codes_of_rows, [None] * 7, strict=True))
        terms = Layer.sets("terms", pl.DataFrame(rows, schema=schema, orient="row"))
        retriever = KnowledgeGraph(without_evidence=codes)
        found = related(retriever, block(["A"], ["B", "C"]), Graph.of([terms]))
        assert found["neighbour"].to_list() == list(left)

    def test_a_graph_without_layers_relates_nothing(self) -> None:
        assert related(KnowledgeGraph(), self.SOME, Graph.of([])).is_empty()

    @pytest.mark.parametrize(
        ("retriever", "message"),
        [
            (KnowledgeGraph(layers="link"), "unknown layer 'link'; did you mean 'links'? "),
            (KnowledgeGraph(layers=""), "unknown layer '' (known: complexes, links, pathways)"),
            (KnowledgeGraph(before="May 2022"), "before='May 2022' is no month; write it as YYYY-MM"),
            (KnowledgeGraph(without_evidence="IPM"), "unknown evidence code 'IPM'; did you mean"),
        ],
    )
    def test_parameters_that_do_not_fit(self, retriever: KnowledgeGraph, message: str) -> None:
        with pytest.raises(UsageError) as caught:
            related(retriever, self.SOME)
        assert str(caught.value).startswith(message)

    def test_without_a_graph(self) -> None:
        with pytest.raises(UsageError, match="has no knowledge graph; call use"):
            KnowledgeGraph().relate(TASK, self.SOME)


def test_same_symbol_is_the_first_characters() -> None:
    some = block(["RPL13", "TP", "TP53"], ["RPL13", "RPL5", "RPS3", "TP", "TP53", "TP53BP1"])
    assert SameSymbol().relate(TASK, some).rows() == [("RPL13", "RPL5", 1.0), ("TP53", "TP53BP1", 1.0)]
    two = SameSymbol(characters=2).relate(TASK, some)
    assert two.filter(perturbation="RPL13")["neighbour"].to_list() == ["RPL5", "RPS3"]


MANY = [f"C{i:03}" for i in range(400)]


def test_a_random_draw_depends_on_seed_and_name_alone() -> None:
    retriever = RandomNeighbours()
    both = retriever.relate(TASK, block(["A", "B"], MANY))
    alone = retriever.relate(TASK, block(["B"], MANY[::-1]))
    reseeded = retriever.relate(replace(TASK, seed=8), block(["B"], MANY))
    assert_frame_equal(both.filter(perturbation="B"), alone)
    draws = [both.filter(perturbation="A"), alone, reseeded]
    assert len({tuple(draw["weight"]) for draw in draws}) == 3


def test_random_weights_are_uniform() -> None:
    queries = [f"Q{i}" for i in range(20)]
    weight = RandomNeighbours().relate(TASK, block(queries, MANY))["weight"].to_numpy()
    assert len(weight) == 8000
    assert_allclose(np.quantile(weight, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.02)


# ---------------------------------------------------------------- combinations


def weights(relations: pl.DataFrame) -> dict[tuple[str, str], float]:
    return {
        (one, other): weight
        for one, other, weight in relations.select("perturbation", "neighbour", "weight").iter_rows()
    }


@pytest.mark.parametrize("how", ["noisy-or", "mean"])
def test_a_combination_is_related_by_the_weights_of_its_genes(how: Any) -> None:
    whole = ["A", "B", "C", "D", "A+D", "B+C"]
    single = weights(related(KnowledgeGraph(), block(["A", "B", "C", "D"], ["A", "B", "C", "D"])))
    itself = related(KnowledgeGraph(), block(["A"], ["A"]))
    assert itself.is_empty()
    found = weights(related(KnowledgeGraph(combinations=how), block(["A+D", "B"], whole)))

    def of(pairs: list[tuple[str, str]]) -> float:
        each = np.array([single.get(pair, 0.0) for pair in pairs])
        return float(each.mean() if how == "mean" else 1 - np.prod(1 - each))

    assert_allclose(found["A+D", "B"], of([("A", "B"), ("D", "B")]))
    assert_allclose(found["A+D", "B+C"], of([("A", "B"), ("A", "C"), ("D", "B"), ("D", "C")]))
    assert_allclose(found["B", "A+D"], found["A+D", "B"])
    assert_allclose(found["B", "C"], single["B", "C"])
    assert ("A+D", "A+D") not in found
    if how == "noisy-or":
        assert found["A+D", "A"] == pytest.approx(1)


def test_the_order_of_genes_and_their_spelling_do_not_matter() -> None:
    there, back, old, guide = (
        related(KnowledgeGraph(), block([name], ["B", "C", "D", "D+A"]))
        for name in ("A+D", "D+A", "OLDA;D", "A_sg1+D_sg2")
    )
    columns = ["neighbour", "weight", "layers"]
    assert there.height == 3  # with D+A it is one perturbation
    for other in (back, old, guide):
        assert_frame_equal(other.select(columns), there.select(columns))


def test_names_of_drugs_are_not_taken_apart() -> None:
    retriever = KnowledgeGraph()
    retriever.use(GRAPH)
    drugs = replace(TASK, agent="drug")
    assert retriever.relate(drugs, block(["A+D"], ["B", "C"])).is_empty()
    assert retriever.relate(drugs, block(["A"], ["B", "C"])).height == 2
