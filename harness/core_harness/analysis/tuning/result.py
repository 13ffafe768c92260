"""What is tuned, and what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from core_harness.analysis.crossvalidated import CRITERION
from core_harness.analysis.tuning.grid import Tries
from core_harness.data.crossfit import FOLDS
from core_harness.errors import UsageError
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.metrics.catalog import metric_named
from core_harness.metrics.paired import ALPHA, Difference
from core_harness.metrics.repeats import SeedMean
from core_harness.registry.entries import Scalar, StrategyEntry, Tuned
from core_harness.runs.manifest import versions_of
from core_harness.vocabulary import Choice, Control, StrategyStage

JSON_VERSION = 1
"""Version of what ``tune --json`` prints."""

Values = Mapping[StrategyStage, Mapping[str, Scalar]]
"""Parameters by stage and name, in their own types."""


@dataclass(frozen=True, kw_only=True)
class TuneSpec:
    """What a person asked for, in the words of the command line.

    Attributes
    ----------
    strategy
        A name of the registry; it asks no model.
    datasets
        Names as in :class:`~core_harness.evaluation.spec.RunSpec`; each counts the same.
    tries
        The values to try (:func:`~core_harness.analysis.tuning.grid.parse_tries`).
    draw
        Settings drawn at random from the product of the values; None tries all.
    parameters
        Parameters that every setting has, the present one too; those of datasets among them.
    support_contexts
        Other contexts that join the support; a dataset leaves out its own.
    folds, seed
        Number of folds; the seed that draws them, the settings and the resamples.
    criterion
        The metric that decides, a name of :data:`core_harness.metrics.METRICS`.
    choose
        ``significant``: the present setting stays unless the best is significantly better. ``best``: the
        best is taken.
    controls, control_seeds
        Controls under which the chosen setting is shown, and over how many seeds.

    Raises
    ------
    UsageError
        A value is not possible.
    """

    strategy: str
    datasets: Sequence[str]
    tries: Tries
    draw: int | None = None
    parameters: Parameters = field(default_factory=dict)
    support_contexts: Sequence[str] = ()
    folds: int = FOLDS
    seed: int = 0
    criterion: str = CRITERION
    choose: Choice = "significant"
    controls: Sequence[Control] = ()
    control_seeds: int = RunSpec.control_seeds

    def __post_init__(self) -> None:
        if not self.datasets or len(set(self.datasets)) < len(self.datasets):
            raise UsageError("name one dataset or more, each once")
        if self.draw is not None and self.draw < 1:
            raise UsageError(f"random is {self.draw}; it counts settings, so it is at least 1")
        if metric_named(self.criterion).direction == "descriptive":
            raise UsageError(f"criterion {self.criterion!r} only describes; neither more nor less is better")
        if self.control_seeds < 2:
            raise UsageError(f"control seeds is {self.control_seeds}; a mean and its interval need 2 or more")
        for control in (None, *self.controls):
            RunSpec(control=control, control_seeds=self.control_seeds, seed=self.seed)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One setting, judged.

    Attributes
    ----------
    tried
        The values of the parameters that are tried.
    parameters
        All parameters that a strategy has to write to be this setting.
    present
        Whether it is what the strategy has now.
    value, low, high
        The criterion, its mean over datasets, with its 95 % interval.
    by_dataset
        The criterion on each dataset.
    gain
        By how much it is better than the present setting.
    difference
        The criterion, minus that of the present setting.
    p_holm
        The p-value that it is as good as the present setting, adjusted for all that were tried; None for
        the present one.
    """

    tried: Values
    parameters: Values
    present: bool
    value: float
    low: float | None
    high: float | None
    by_dataset: Mapping[str, float]
    gain: float
    difference: Difference
    p_holm: float | None

    @property
    def label(self) -> str:
        """The parameters that are tried, e.g. ``aggregator.power=2.0``."""
        return ", ".join(f"{stage}.{name}={value}" for stage, name, value in flat(self.tried))

    @property
    def significant(self) -> bool:
        """Whether it is significantly better than the present setting."""
        return self.gain > 0 and self.p_holm is not None and self.p_holm < ALPHA


@dataclass(frozen=True, kw_only=True)
class TunedOn:
    """A dataset that settings were tried on.

    Attributes
    ----------
    name, simulated
        Of the dataset.
    sha256
        Digest of all rows that could be learnt from, those of other contexts too.
    pairs, perturbations
        What was asked about, each once.
    """

    name: str
    simulated: bool
    sha256: str
    pairs: int
    perturbations: int


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What :func:`~core_harness.analysis.tuning.tune.tune` found.

    Attributes
    ----------
    spec
        What was asked for.
    datasets
        What the settings were tried on.
    settings
        All of them, the best first; of equal ones the present, then the earlier.
    chosen
        One of them.
    controls
        The chosen setting under each control: the criterion or, where it has no level of chance,
        macro-per-gene AUROC.
    """

    spec: TuneSpec
    datasets: Sequence[TunedOn]
    settings: Sequence[Tried]
    chosen: Tried
    controls: Mapping[str, SeedMean]

    @property
    def control_metric(self) -> str:
        """The metric of the controls."""
        return control_metric(self.spec.criterion)

    @property
    def simulated(self) -> bool:
        """Whether any of the datasets was generated."""
        return any(dataset.simulated for dataset in self.datasets)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints; its keys are stable."""
        asked = ("strategy", "support_contexts", "folds", "seed", "criterion", "choose")
        return {
            "schema_version": JSON_VERSION,
            **{key: getattr(self.spec, key) for key in asked},
            "simulated": self.simulated,
            "datasets": [asdict(dataset) for dataset in self.datasets],
            "settings": [{**asdict(one), "chosen": one is self.chosen} for one in self.settings],
            "control_metric": self.control_metric,
            "controls": {name: asdict(mean) for name, mean in self.controls.items()},
            "verdict": self.verdict(),
        }

    def verdict(self) -> str:
        """Return what was chosen, and why, in one sentence."""
        best = self.settings[0]
        if best.present:
            return "no other setting is better than the present one, which stays"
        if best.significant:
            return f"{best.label} is chosen: it is significantly better than the present setting"
        what = "nothing is significantly better than the present setting"
        if self.chosen is best:
            return f"{what}; {best.label} is chosen because the best was asked for"
        return f"{what}, which stays; the best was {best.label}"

    def entry(self, strategy: StrategyEntry) -> StrategyEntry:
        """Return a strategy with the chosen parameters, and on what they were chosen."""
        names = ", ".join(dataset.name for dataset in self.datasets)
        tuned = Tuned(
            strategy=self.spec.strategy,
            datasets={dataset.name: dataset.sha256 for dataset in self.datasets},
            support_contexts=tuple(self.spec.support_contexts),
            tried=len(self.settings),
            folds=self.spec.folds,
            seed=self.spec.seed,
            criterion=self.spec.criterion,
            value=round(self.chosen.value, 6),
            low=None if self.chosen.low is None else round(self.chosen.low, 6),
            high=None if self.chosen.high is None else round(self.chosen.high, 6),
            version=versions_of("core-harness")["core-harness"],
        )
        return StrategyEntry(
            summary=f"{self.spec.strategy} with parameters chosen on the support of {names}",
            retriever=strategy.retriever,
            organizer=strategy.organizer,
            aggregator=strategy.aggregator,
            parameters={stage: dict(values) for stage, values in self.chosen.parameters.items() if values},
            tuned=tuned,
        )


def control_metric(criterion: str) -> str:
    """Return the metric by which a setting is judged under controls: one that has a level of chance."""
    return CRITERION if metric_named(criterion).chance is None else criterion


def flat(values: Values) -> Iterator[tuple[StrategyStage, str, Scalar]]:
    """Yield stage, name and value of parameters."""
    for stage, of_stage in values.items():
        for name, value in of_stage.items():
            yield stage, name, value
