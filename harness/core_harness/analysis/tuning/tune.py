"""``tune()``: every setting is judged on the same folds and compared with the present one.

The present setting stays unless another is significantly better, after Holm's correction for all that were
tried: the best of many settings is a little better by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from core_harness.analysis.crossvalidated import Sample, draw_perturbations, resampled, under_control
from core_harness.analysis.tuning.grid import merged, settings_of
from core_harness.analysis.tuning.result import Tried, TunedOn, TuneSpec, Tuning, Values, control_metric
from core_harness.errors import UsageError
from core_harness.evaluation.crossvalidate import Support, crossvalidate, crossvalidate_all, support_of
from core_harness.evaluation.methods import Method
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.metrics import Resampled
from core_harness.metrics.catalog import metric_named
from core_harness.metrics.paired import advantage, difference, holm
from core_harness.metrics.repeats import SeedMean
from core_harness.plugins.strategies import strategy_named
from core_harness.registry.entries import Scalar, StrategyEntry
from core_harness.vocabulary import Control, StrategyStage

DIGITS = 12
"""Of a gain: differences below are sums in another order."""


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """A setting before it is judged: what is given to make it, and what a strategy would write."""

    given: Parameters
    tried: Values
    parameters: Values
    retriever: str
    organizer: str


def tune(session: Session, spec: TuneSpec) -> Tuning:
    """Choose the parameters of a strategy on the support of datasets. No test row takes part.

    Raises
    ------
    UsageError
        The strategy asks a model, a name or a value does not exist, or the criterion is not defined in a
        fold.
    HarnessError
        One line for whatever else the caller can mend.
    """
    settings = _settings(session, spec)
    runs = [_run(spec, name) for name in spec.datasets]
    supports = [support_of(session, run) for run in runs]
    sample = draw_perturbations(
        [support.asked for support in supports], seed=spec.seed, resamples=session.resamples
    )
    by_dataset = [_figures(session, spec, run, settings, sample) for run in runs]
    tried = _judged(spec, settings, [list(figures) for figures in zip(*by_dataset, strict=True)])
    best = min(tried, key=_place)  # of equal ones the first, and the present setting is the first of all
    chosen = best if best.significant or spec.choose == "best" else tried[0]
    setting = settings[tried.index(chosen)]
    return Tuning(
        spec=spec,
        datasets=[_tuned_on(run.dataset, support) for run, support in zip(runs, supports, strict=True)],
        settings=sorted(tried, key=_place),
        chosen=chosen,
        controls={control: _under(session, spec, runs, setting, control) for control in spec.controls},
    )


def _place(one: Tried) -> float:
    return -round(one.gain, DIGITS)


# what is tried


def _settings(session: Session, spec: TuneSpec) -> list[_Setting]:
    """Return the present setting, then those that differ from all before them."""
    strategy = strategy_named(spec.strategy, session.registry, session.components)
    if "answers" in session.components.make("aggregator", strategy.aggregator, {}).object.needs:
        raise UsageError(
            f"{spec.strategy} asks a model, which would be paid for every setting and fold; tune a strategy "
            "that asks none"
        )
    changes = ({}, *settings_of(spec.tries, draw=spec.draw, seed=spec.seed))
    given = [merged(spec.parameters, change) for change in changes]
    methods = [_method(session, spec, parameters) for parameters in given]  # what cannot be made is refused
    session.forget(methods)
    found: dict[str, _Setting] = {}
    for parameters, method in zip(given, methods, strict=True):
        key = str([one.reference for one in method.components])
        found.setdefault(key, _setting(spec, strategy, method, parameters))
    return list(found.values())


def _setting(spec: TuneSpec, strategy: StrategyEntry, method: Method, given: Parameters) -> _Setting:
    has = {one.stage: one.reference.parameters for one in method.components}
    named: dict[StrategyStage, list[str]] = {stage: [] for stage in get_args(StrategyStage)}
    for stage, name in spec.tries:
        named[stage].append(name)
    tried = {stage: {name: has[stage][name] for name in names} for stage, names in named.items()}
    written = {  # what is tried is written even where it is the component's own value, which may change
        stage: {
            name: has[stage][name]
            for name in (*strategy.parameters.get(stage, {}), *given.get(stage, {}), *tried[stage])
        }
        for stage in named
    }
    for stage, values in written.items():
        for name, value in values.items():
            if not isinstance(value, Scalar):
                raise UsageError(f"{stage}.{name}={value!r} cannot be written into a registry")
    return _Setting(
        given=given,
        tried=tried,
        parameters=written,
        retriever=method.retriever.reference.model_dump_json(),
        organizer=method.organizer.reference.model_dump_json(),
    )


def _method(session: Session, spec: TuneSpec, given: Parameters) -> Method:
    (method,) = session.methods(RunSpec(strategies=(spec.strategy,), parameters=given))
    return method


# on what


def _run(spec: TuneSpec, dataset: str) -> RunSpec:
    return RunSpec(
        dataset=dataset,
        strategies=(spec.strategy,),
        parameters=spec.parameters,
        seed=spec.seed,
        support_contexts=spec.support_contexts,
    )


def _tuned_on(name: str, support: Support) -> TunedOn:
    return TunedOn(
        name=name,
        simulated=support.task.simulated,
        sha256=support.digest,
        pairs=support.asked.height,
        perturbations=support.asked["perturbation"].n_unique(),
    )


# how good


def _figures(
    session: Session, spec: TuneSpec, run: RunSpec, settings: Sequence[_Setting], sample: Sample
) -> list[Resampled]:
    """Return the criterion of each setting on one dataset.

    Settings with equal retrievers are judged together, and what the retriever has computed then goes.
    """
    found: dict[int, Resampled] = {}
    for retriever in dict.fromkeys(setting.retriever for setting in settings):
        group = [at for at, setting in enumerate(settings) if setting.retriever == retriever]
        group.sort(key=lambda at: settings[at].organizer)  # side by side they share evidence
        methods = [_method(session, spec, settings[at].given) for at in group]
        scored = crossvalidate_all(session, run, methods, folds=spec.folds)
        session.forget(methods)
        for at, frame in zip(group, scored, strict=True):
            found[at] = resampled([frame], sample, metric=spec.criterion)
    return [found[at] for at in range(len(settings))]


def _judged(
    spec: TuneSpec, settings: Sequence[_Setting], figures: Sequence[Sequence[Resampled]]
) -> list[Tried]:
    """Return the settings with their figures, each compared with the first, which is the present one."""
    means = [Resampled.mean(of_setting) for of_setting in figures]
    direction = metric_named(spec.criterion).direction
    compared = [advantage(means[0], mean, direction) for mean in means]
    adjusted = [None, *holm([p for _, p in compared[1:]])]
    tried = []
    for at, (setting, mean, of_setting) in enumerate(zip(settings, means, figures, strict=True)):
        low, high = mean.interval(spec.criterion) or (None, None)
        values = [figure.value for figure in of_setting]
        tried.append(
            Tried(
                tried=setting.tried,
                parameters=setting.parameters,
                present=at == 0,
                value=mean.value,
                low=low,
                high=high,
                by_dataset=dict(zip(spec.datasets, values, strict=True)),
                gain=compared[at][0],
                difference=difference(means[0], mean),
                p_holm=adjusted[at],
            )
        )
    return tried


def _under(
    session: Session, spec: TuneSpec, runs: Sequence[RunSpec], setting: _Setting, control: Control
) -> SeedMean:
    method = _method(session, spec, setting.given)
    broken = [replace(run, control=control, control_seeds=spec.control_seeds) for run in runs]
    frames = [crossvalidate(session, run, method, folds=spec.folds) for run in broken]
    return under_control(frames, metric=control_metric(spec.criterion))
