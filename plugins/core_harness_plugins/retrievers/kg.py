"""Related in the knowledge graph: alike in their sets, near in their networks."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness import Block, Graph, Layer, Task
from core_harness.errors import UsageError, unknown
from core_harness.knowledge.filters import restricted
from core_harness.knowledge.kernels import Floats, Rows, cosines, memberships, neighbourhoods, visits
from core_harness.knowledge.targets import targets
from core_harness.plugins.limits import Share


class KnowledgeGraph:
    """The mean kernel of the edge layers and the mean kernel of the set layers, in fixed shares.

    The shares are ours and the same for every dataset: networks and sets count alike, however many
    there are of each. Settings were chosen on the support of K562 and HepG2, in five folds by
    perturbation: PageRank before shared neighbours, half and half before other shares, and no molecular
    functions, which say what a protein does to a molecule and not which process it serves
    (``docs/tune.md``). Names of genes are left out because they are weak: family resemblance.

    A graph can have read the screens that a method is tested on. ``before`` and ``without_evidence`` make
    one that cannot (:func:`~core_harness.knowledge.filters.restricted`); which layers are left, and
    which are not, is printed.

    Genes are compared by approved symbol; two names of one gene are one perturbation, and not
    related. A combination (``A+B``) is related by the weights of its genes. The struct column ``layers`` of
    the relations has each layer's kernel alone.

    Parameters
    ----------
    layers
        Names of the layers to use, separated by commas, or ``all`` that the graph has but ``without`` and
        those that are there for facts alone.
    without
        Names of the layers that ``all`` leaves out. The graph need not have them.
    network
        Kernel of the edge layers: personalised-PageRank profiles, or weighted shared neighbours.
    network_share
        Share of the edge layers, from 0 to 1; the set layers have the rest. Where only one kind is
        used, it has all.
    before
        A month such as ``2022-01``: use what was annotated before it, and layers without dated annotations if
        their release was before it.
    without_evidence
        Evidence codes of Gene Ontology, separated by commas: leave out annotations with no other code. Layers
        without such annotations, such as Reactome and STRING, stay as they are.
    combinations
        How the weights of the genes of combinations make one: ``noisy-or``, 1 less the product of what each
        pair of genes leaves to 1, or their ``mean``.
    """

    reads = "names"

    def __init__(
        self,
        *,
        layers: str = "all",
        without: str = "go-mf,gene-name",
        network: Literal["pagerank", "shared-neighbours"] = "pagerank",
        network_share: Share = 0.5,
        before: str = "",
        without_evidence: str = "",
        combinations: Literal["noisy-or", "mean"] = "noisy-or",
    ) -> None:
        self.layers = layers
        self.without = without
        self.network = network
        self.network_share = network_share
        self.before = before
        self.without_evidence = without_evidence
        self.combinations = combinations
        self._graph: Graph | None = None
        self._used: list[Layer] | None = None
        self._measured: tuple[list[str], list[Rows]] = ([], [])
        self._walks: dict[str, dict[str, Floats]] = {}

    def use(self, graph: Graph) -> None:
        """Keep the graph for later calls, or what ``before`` and ``without_evidence`` leave of it.

        Raises :class:`~core_harness.errors.UsageError` where they leave nothing.
        """
        self._graph = graph
        self._measured = ([], [])
        self._walks = {}
        self._used = self._restricted(graph) if self.before or _names(self.without_evidence) else None

    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        """Return all pairs of a query and a candidate whose weight is above 0, sorted.

        Raises :class:`~core_harness.errors.UsageError` without a graph, and for a layer that the graph does
        not have.
        """
        if (graph := self._graph) is None:
            raise UsageError("retriever 'kg' has no knowledge graph; call use(graph) before relate(...)")
        if self._used is None:
            self._used = self._chosen(graph)
        layers = self._used
        shares = self._shares(layers)
        queries, candidates = (
            targets(graph, names, agent=task.agent) for names in (block.perturbations, block.candidates)
        )
        asked, measured = ([gene for genes in of for gene in genes] for of in (queries, candidates))
        kernels = [
            cosines(self._rows(layer, asked), rows)
            for layer, rows in zip(layers, self._candidate_rows(layers, measured), strict=True)
        ]
        weight = np.zeros((len(asked), len(measured)))
        for share, kernel in zip(shares, kernels, strict=True):
            weight += share * kernel
        if len(asked) > len(queries) or len(measured) > len(candidates):
            weight, *kernels = (
                self._of_combinations(kernel, queries, candidates) for kernel in (weight, *kernels)
            )
        another = np.not_equal.outer(*(_joined(of) for of in (queries, candidates)))
        at = np.nonzero((weight > 0) & another)
        return pl.DataFrame(
            {
                "perturbation": pl.Series(block.perturbations, dtype=pl.String).gather(at[0]),
                "neighbour": pl.Series(block.candidates, dtype=pl.String).gather(at[1]),
                "weight": weight[at],
                "layers": pl.DataFrame(
                    {layer.name: kernel[at] for layer, kernel in zip(layers, kernels, strict=True)}
                ).to_struct(),
            }
        )

    def _of_combinations(
        self, kernel: Floats, queries: Sequence[Sequence[str]], candidates: Sequence[Sequence[str]]
    ) -> Floats:
        """Return (queries, candidates) of a kernel of their genes."""
        number = [np.array([len(genes) for genes in of]) for of in (queries, candidates)]
        first = [np.cumsum(of) - of for of in number]
        if self.combinations == "mean":
            total = np.add.reduceat(np.add.reduceat(kernel, first[0], axis=0), first[1], axis=1)
            mean: Floats = total / np.outer(*number)
            return mean
        left = np.multiply.reduceat(
            np.multiply.reduceat(np.maximum(1 - kernel, 0), first[0], axis=0), first[1], axis=1
        )
        either: Floats = 1 - left
        return either

    def _chosen(self, graph: Graph) -> list[Layer]:
        layers = {layer.name: layer for layer in graph.layers}
        if self.layers == "all":
            without = _names(self.without)
            return [layer for name, layer in layers.items() if layer.relates and name not in without]
        names = _names(self.layers) or [self.layers]
        for name in names:
            if name not in layers:
                raise UsageError(unknown("layer", name, layers))
        return [layer for name, layer in layers.items() if name in names]

    def _restricted(self, graph: Graph) -> list[Layer]:
        names = [layer.name for layer in self._chosen(graph)]
        without = _names(self.without_evidence)
        left = restricted(graph, names, before=self.before or None, without=without)
        empty = [name for name in names if name not in {layer.name for layer in left}]
        said = f"; nothing is left of {', '.join(empty)}" if empty else ""
        sys.stderr.write(f"retriever 'kg' uses {', '.join(layer.name for layer in left)}{said}\n")
        return left

    def _shares(self, layers: Sequence[Layer]) -> list[float]:
        number = Counter(layer.kind for layer in layers)
        if len(number) == 1:
            return [1 / len(layers)] * len(layers)
        share = {"edges": self.network_share, "sets": 1 - self.network_share}
        return [share[layer.kind] / number[layer.kind] for layer in layers]

    def _rows(self, layer: Layer, genes: Sequence[str]) -> Rows:
        if layer.kind == "sets":
            return memberships(layer, genes)
        if self.network == "shared-neighbours":
            return neighbourhoods(layer, genes)
        return visits(layer, genes, self._walks.get(layer.name))

    def _candidate_rows(self, layers: Sequence[Layer], candidates: list[str]) -> list[Rows]:
        # the blocks of a context have the same candidates, those of folds and contexts many of them
        if self._measured[0] != candidates:
            self._measured = ([], [])
            found = []
            for layer in layers:
                rows = self._rows(layer, candidates)
                if isinstance(rows, np.ndarray):
                    self._walks[layer.name] = dict(zip(candidates, rows, strict=True))
                found.append(rows)
            self._measured = (candidates, found)
        return self._measured[1]


def _joined(perturbations: Sequence[Sequence[str]]) -> NDArray[np.object_]:
    return np.array(["+".join(genes) for genes in perturbations], dtype=object)


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]
