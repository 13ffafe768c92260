"""What a table of results says, by rule; and when it says nothing.

A verdict rests on macro-per-gene AUROC alone: a method tells perturbations of one gene apart only where the
whole interval of that figure lies above .5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core_harness.metrics.bootstrap import FEWEST_PERTURBATIONS, FEWEST_SEGMENTS

_WIDE = 0.1
"""Half of an interval from which on a figure that may be .5 is not called chance."""
_LONGEST = 120
"""Characters of what a record says of names."""
_LOOKS_GOOD = 0.6
"""A pooled AUROC that a reader would take for skill."""


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a verdict on one method would rest on.

    Attributes
    ----------
    scored, status
        Pairs with a score, and all pairs by status.
    interval
        Whether macro-per-gene AUROC has one.
    genes, perturbations
        What macro-per-gene AUROC rests on.
    ended
        Why asking ended early; None where it did not.
    simulated
        What a program made up: ``data``, ``answers``, both, or nothing.
    answers
        Items that a model was asked about, by status; empty where none was asked, or it is not known.
    in_graph
        How many ``perturbations`` there are and how many the graph of the retriever has ``known``, what the
        others look like (``looks``) and how to mend it (``mend``); None where no graph is read.
    """

    scored: int
    status: Mapping[str, int]
    interval: bool
    genes: int
    perturbations: int
    ended: str | None
    simulated: Sequence[str]
    answers: Mapping[str, int] = field(default_factory=dict)
    in_graph: object = None

    @classmethod
    def of(
        cls,
        report: Mapping[str, Any],
        *,
        ended: str | None,
        simulated: Sequence[str],
        answers: Mapping[str, int] | None = None,
        in_graph: object = None,
    ) -> Basis:
        """Return the basis of a report in plain types (:meth:`core_harness.metrics.Report.as_dict`)."""
        coverage, ranked = report["coverage"], report["metrics"]["macro_gene_auroc"]
        return cls(
            scored=coverage["scored"],
            status=coverage["status"],
            interval=ranked["low"] is not None,
            genes=ranked["genes"],
            perturbations=ranked["perturbations"],
            ended=ended,
            simulated=simulated,
            answers=answers or {},
            in_graph=in_graph,
        )


Reason = Callable[[Basis], str | None]


def nothing_answered(basis: Basis) -> str | None:
    """Say so where no pair has a score."""
    return None if basis.scored else "it answered nothing"


def hardly_answered(basis: Basis) -> str | None:
    """Say so where a model was asked and gave a value for under half of what it was asked about."""
    asked = sum(basis.answers.values())
    ok = basis.answers.get("ok", 0)
    if not asked or 2 * ok >= asked:
        return None
    others = {status: number for status, number in basis.answers.items() if status != "ok"}
    most = max(others, key=lambda status: others[status])
    return f"the model answered {ok:,} of {asked:,} ({others[most]:,} {most.replace('_', ' ')})"


def names_not_in_graph(basis: Basis) -> str | None:
    """Say so where the retriever knows under half of the perturbations, with what they look like."""
    return not_in_graph(basis.in_graph)


def not_in_graph(found: object) -> str | None:
    """Return what is said of a record's ``in_graph``, which anyone may have written; mostly nothing."""
    if not isinstance(found, Mapping):
        return None
    known, there = found.get("known"), found.get("perturbations")
    if not isinstance(known, int) or not isinstance(there, int) or 2 * known >= there:
        return None
    said = f"{known:,} of {there:,} perturbations are in the graph"
    looks, mend = (str(found.get(key, ""))[:_LONGEST] for key in ("looks", "mend"))
    if not looks:
        return f"{said}; write approved symbols of genes"
    return f"{said}; {'these' if known == 0 else 'the others'} look like {looks}: {mend}"


def names_unknown(basis: Basis) -> str | None:
    """Say so where every score is one by default, because nothing related was found."""
    by_default = sum(pairs for status, pairs in basis.status.items() if status in _BY_DEFAULT)
    if basis.scored and by_default == basis.scored:
        return "no related perturbation was found for any pair, so its names may be unknown to the graph"
    return None


def no_interval(basis: Basis) -> str | None:
    """Say so where the figure has no interval, mostly because it rests on too little."""
    if basis.interval:
        return None
    if basis.genes < FEWEST_SEGMENTS:
        return f"too few genes have both classes ({basis.genes}; an interval needs {FEWEST_SEGMENTS})"
    if basis.perturbations < FEWEST_PERTURBATIONS:
        return f"too few perturbations ({basis.perturbations}; an interval needs {FEWEST_PERTURBATIONS})"
    return "its figure has no interval"


def partial(basis: Basis) -> str | None:
    """Say so where asking ended before all prompts were asked."""
    return None if basis.ended is None else f"it is partial ({basis.ended})"


def simulated(basis: Basis) -> str | None:
    """Say so where a scripted model answered about measured data."""
    return "a scripted model gave its answers" if list(basis.simulated) == ["answers"] else None


_BY_DEFAULT = frozenset({"no_evidence", "no_contrast"})
"""Statuses of a score that is the gene's rate."""

REASONS: tuple[Reason, ...] = (
    names_not_in_graph,
    nothing_answered,
    hardly_answered,
    names_unknown,
    no_interval,
    partial,
    simulated,
)
"""Why a method gets no verdict, in the order in which they are looked at; the first that holds is given."""


def no_verdict(basis: Basis) -> str | None:
    """Return why a method gets no verdict, or None where it gets one."""
    return next((why for reason in REASONS if (why := reason(basis)) is not None), None)


Kind = Literal["deceptive", "chance", "unsure", "below", "above"]
"""What a method is within genes.

``deceptive`` is at chance there, and looks good over all pairs; ``unsure`` may be, by a wide interval.
"""

_ENDINGS: dict[Kind, str] = {
    "deceptive": "looks good over all pairs and is at chance within genes",
    "chance": "is at chance within genes",
    "unsure": "is not known to differ from chance",
    "below": "is below chance within genes",
    "above": "tells perturbations of the same gene apart",
}


def verdict(results: Sequence[Mapping[str, Any]]) -> str:
    """Return one sentence on results as ``--json`` prints them."""
    kinds: dict[Kind, list[str]] = {}
    unjudged: dict[str, list[str]] = {}
    for result in results:
        if (why := why_no_verdict(result)) is not None:
            unjudged.setdefault(why, []).append(result["strategy"])
        else:
            kinds.setdefault(_kind(result), []).append(_with_figure(result))
    parts = [f"{listed(names)}: no verdict, {why}" for why, names in unjudged.items()]
    parts += [
        f"{listed(kinds[kind])} {_number(ending, kinds[kind])}"
        for kind, ending in _ENDINGS.items()
        if kind in kinds
    ]
    return "; ".join(parts) + "."


def why_no_verdict(result: Mapping[str, Any]) -> str | None:
    """Return why a result, as ``--json`` prints it, gets no verdict; None where it gets one."""
    asking = result["asking"] or {}
    return no_verdict(
        Basis.of(
            result,
            ended=asking.get("ended"),
            simulated=result["simulated_parts"],
            answers=(asking.get("answers") or {}).get("status"),
            in_graph=result.get("in_graph"),
        )
    )


def kind_of(result: Mapping[str, Any]) -> Kind | None:
    """Return what a result says of its method; None where it gets no verdict."""
    return None if why_no_verdict(result) is not None else _kind(result)


def _kind(result: Mapping[str, Any]) -> Kind:
    gene = result["metrics"]["macro_gene_auroc"]
    pooled = result["metrics"]["pooled_auroc"]["value"]
    if gene["low"] <= 0.5 <= gene["high"]:
        if gene["high"] - gene["low"] > 2 * _WIDE:
            return "unsure"
        return "deceptive" if pooled is not None and pooled > _LOOKS_GOOD else "chance"
    return "above" if gene["low"] > 0.5 else "below"


def _with_figure(result: Mapping[str, Any]) -> str:
    gene = result["metrics"]["macro_gene_auroc"]
    kind, value = _kind(result), f"{gene['value']:.3f}"
    if kind == "deceptive":
        value = f"pooled {result['metrics']['pooled_auroc']['value']:.3f}, per gene {value}"
    elif kind != "chance":
        value += f" [{gene['low']:.3f}, {gene['high']:.3f}]"
    return f"{result['strategy']} ({value})"


def listed(names: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _number(ending: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return ending
    return (
        ending.replace("is at", "are at")
        .replace("is not", "are not")
        .replace("is below", "are below")
        .replace("looks", "look")
        .replace("tells", "tell")
    )
