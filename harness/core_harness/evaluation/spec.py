"""What a person asked for, in the words of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from core_harness.data.splits import AWAY
from core_harness.errors import UsageError, unknown
from core_harness.evidence.controls import CONTROLS, SEEDS, repeats
from core_harness.plugins.component import STAGES, Stage
from core_harness.runs.asked import Asked
from core_harness.runs.manifest import AskedWith, Manifest
from core_harness.schemas import Task
from core_harness.text import is_text
from core_harness.vocabulary import AtOnce, Control, Only, Regime

Parameters = Mapping[Stage, Mapping[str, Any]]

DEFAULT_DATASET = "simulated"
DEFAULT_STRATEGIES = ("gene-frequency", "voting")


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """What a person asked for, in the words of the command line.

    Attributes
    ----------
    dataset
        A name of the registry, a dataset component, or ``table:PATH``.
    strategies
        Names of the registry, each of which makes one run.
    model
        An alias of the registry, a litellm name such as ``provider/model``, or an llm component.
    retriever, organizer, aggregator
        Put another component at that stage of every strategy.
    parameters
        Parameters of components, by stage.
    regime
        What methods may learn from; None is what the two next fields imply: ``cross-context`` with the first,
        ``unseen-gene`` with the second, ``unseen-perturbation`` without them.
    support_contexts
        Other contexts that join the support (``cross-context``), or are all of it (``unseen-context``,
        ``unseen-both``).
    gene_holdout
        Share of the genes that leave the support and are asked about (``unseen-gene``).
    question
        ``both``: ask in one prompt whether the gene changes and where to, which makes two runs a strategy, of
        the dataset and of the one that the registry calls its direction.
    asked_with
        The other dataset of a run that was asked both questions; it stands in the record of the run.
    support
        How many measured perturbations of a context methods may learn from, drawn with the seed, and how many
        genes of each; None for all.
    control, limit, only, seed
        See :mod:`core_harness.evidence.controls` and :mod:`core_harness.data.splits`.
    control_seeds
        Over how many seeds a control that draws is run. Of one the interval is that of its perturbations, of
        several that of their mean.
    """

    dataset: str = DEFAULT_DATASET
    strategies: Sequence[str] = DEFAULT_STRATEGIES
    model: str | None = None
    retriever: str | None = None
    organizer: str | None = None
    aggregator: str | None = None
    parameters: Parameters = field(default_factory=dict)
    regime: Regime | None = None
    support_contexts: Sequence[str] = ()
    gene_holdout: float | None = None
    question: AtOnce | None = None
    asked_with: AskedWith | None = None
    control: Control | None = None
    limit: int | None = None
    support: tuple[int, int | None] | None = None
    only: Only | None = None
    seed: int = 0
    control_seeds: int = SEEDS

    def __post_init__(self) -> None:
        _one_of("regime", self.regime, (None, *get_args(Regime)))
        _one_of("control", self.control, (None, *CONTROLS))
        _one_of("question", self.question, (None, *get_args(AtOnce)))
        _one_of("part", self.only, (None, *get_args(Only)))
        if not is_text(self.dataset):
            raise UsageError(f"dataset {self.dataset!r:.200} is no UTF-8, and a record holds text: rename it")
        if self.question is not None and (self.control or self.gene_holdout):
            option = "--control" if self.control else "--gene-holdout"
            raise UsageError(
                f"--question both does not go with {option}, which changes the two questions apart; ask them "
                "one by one"
            )
        if not self.strategies:
            raise UsageError("no strategy was named")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"limit is {self.limit}; it counts pairs, so it is at least 1")
        if any(number is not None and number < 1 for number in self.support or ()):
            raise UsageError("--support counts perturbations, and genes of each: both are at least 1")
        if self.control_seeds < 1:
            raise UsageError(f"control seeds is {self.control_seeds}; it is at least 1")
        if self.seed < 0:
            raise UsageError(f"seed is {self.seed}; it is a whole number from 0 on")
        if self.gene_holdout is not None and not 0 < self.gene_holdout < 1:
            raise UsageError(f"gene holdout is {self.gene_holdout}; it is a share between 0 and 1")
        _fits(self.effective_regime, bool(self.support_contexts), self.gene_holdout is not None)

    @property
    def part(self) -> Asked:
        """The part of the dataset that is asked about, and the budget, as a record has them."""
        return Asked(limit=self.limit, only=self.only, support=self.support)

    @property
    def effective_regime(self) -> Regime:
        """The regime that is asked for, or else the one that the other fields imply."""
        if self.regime is not None:
            return self.regime
        if self.support_contexts:
            return "cross-context"
        return "unseen-perturbation" if self.gene_holdout is None else "unseen-gene"


def _fits(regime: Regime, contexts: bool, holdout: bool) -> None:
    """Refuse a regime without the option that it needs, or with that of another one."""
    if contexts and holdout:
        raise UsageError("--support-contexts and --gene-holdout are two regimes; choose one")
    elsewhere, genes = regime in {"cross-context", *AWAY}, regime == "unseen-gene"
    for option, given, wanted in (
        ("--support-contexts", contexts, elsewhere),
        ("--gene-holdout", holdout, genes),
    ):
        if given and not wanted:
            raise UsageError(f"regime {regime!r} does not go with {option}; leave one out")
        if wanted and not given:
            raise UsageError(f"regime {regime!r} needs {option}")


def tasks_of(task: Task, spec: RunSpec) -> list[Task]:
    """Return the task of each seed: one, or several under a control that draws."""
    number = repeats(spec.control, spec.control_seeds)
    return [replace(task, seed=task.seed + repeat) for repeat in range(number)]


def spec_of(manifest: Manifest) -> RunSpec:
    """Return what a run asked for. Its components are those of its references, not of its names."""
    task, part = manifest.task, manifest.part
    return RunSpec(
        dataset=task.dataset,
        strategies=(manifest.method.strategy or manifest.method.label,),
        model=manifest.method.model,
        regime=None if task.regime == "undeclared" else task.regime,
        support_contexts=task.support_contexts,
        gene_holdout=task.gene_holdout,
        asked_with=manifest.asked_with,
        control=manifest.control,
        limit=part.limit,
        support=part.support,
        only=part.only,
        seed=task.seed,
        control_seeds=manifest.control_seeds,
    )


def parse_parameters(assignments: Sequence[str], *, option: str = "-p") -> Parameters:
    """Return ``stage.name=value`` assignments by stage; ``option`` gave them. Raises :class:`UsageError`."""
    parsed: dict[Stage, dict[str, str]] = {}
    for assignment in assignments:
        target, equals, value = assignment.partition("=")
        stage, dot, key = target.strip().partition(".")
        if not (equals and dot and key):
            raise UsageError(
                f"{option} {assignment!r} is not STAGE.NAME=VALUE, e.g. {option} aggregator.shrinkage=2"
            )
        if stage not in STAGES:
            raise UsageError(unknown("stage", stage, STAGES) + f" in {option} {assignment!r}")
        parsed.setdefault(stage, {})[key] = value.strip()
    return parsed


def _one_of(kind: str, value: object, known: Sequence[object]) -> None:
    if value not in known:
        raise UsageError(unknown(kind, str(value), [str(k) for k in known if k is not None]))
