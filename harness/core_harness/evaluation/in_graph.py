"""How many perturbations of a dataset the graph of a method knows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core_harness.data.tables.known_names import known_names
from core_harness.knowledge.names import looks_of
from core_harness.knowledge.targets import targets
from core_harness.plugins.protocols import BringsKnowledge, UsesKnowledge

if TYPE_CHECKING:
    from core_harness.evaluation.loaded import Loaded
    from core_harness.evaluation.methods import Method
    from core_harness.evaluation.session import Session


@dataclass(frozen=True, kw_only=True)
class InGraph:
    """What a graph knows of the perturbations of a dataset, both splits together.

    Attributes
    ----------
    perturbations, known
        How many there are, and how many of them, or of their genes, are in the graph.
    looks, mend
        What most of the others look like, and how to mend it; empty where they look like nothing.
    """

    perturbations: int
    known: int
    looks: str = ""
    mend: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, as records and ``--json`` have it."""
        return asdict(self)


def in_graph(session: Session, loaded: Loaded, method: Method) -> InGraph | None:
    """Return what the graph of a method's retriever knows; None where it reads none.

    Raises :class:`~core_harness.errors.MissingDataError` where the graph is not on this machine.
    """
    if not isinstance(method.retriever.object, UsesKnowledge):
        return None
    graph = session.open_graph(loaded.dataset)
    names = loaded.rows["perturbation"].unique().sort().to_list()
    genes_of = zip(names, targets(graph, names, agent=loaded.task.agent), strict=True)
    unknown = [name for name, genes in genes_of if graph.genes.isdisjoint(genes)]
    own = isinstance(loaded.dataset.object, BringsKnowledge)
    found = looks_of(unknown, graph.known if own else known_names()) if unknown else None
    looks, mend = found or ("", "")
    return InGraph(perturbations=len(names), known=len(names) - len(unknown), looks=looks, mend=mend)
