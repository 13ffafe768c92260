"""The argument of CORE with a real model: how it is asked, and the controls that say why it answers so.

Nothing is known beforehand. Pairs are those of genes with both classes, in K562 about half of them positive:
it is seen when a model says yes to whatever sounds plausible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from core_harness.evaluation.result import Result
from core_harness.evaluation.running import estimate_spec, evaluate_spec
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.llm import Estimate, InProcess
from core_harness.metrics.classification import says_yes
from core_harness.suites.budget import left_of
from core_harness.testing.demonstration import Scene
from core_harness.vocabulary import Control

DATASET = "perturbqa/k562"
LIMIT = 400

PARTS: tuple[tuple[str, Control | None, str], ...] = (
    ("isolated", None, "what it says from names and facts alone"),
    ("few-shot", None, "whether the nearest measured pairs help"),
    ("flat", None, "whether evidence on the same gene helps, as a list"),
    ("reasoning", None, "whether the same evidence helps as a contrast"),
    ("few-shot", "shuffled-labels", "examples made worthless"),
    ("flat", "shuffled-labels", "evidence made worthless"),
    ("reasoning", "shuffled-labels", "the contrast made worthless"),
    ("isolated", "anonymised-names", "facts without names: does it know the genes by name?"),
    ("isolated", "swapped-perturbation", "asked as if another gene was knocked down: does it matter?"),
)
"""Strategy, control and what it is there to show, in the order in which they are asked."""


@dataclass(frozen=True, kw_only=True)
class Played:
    """A scene with what came out.

    Attributes
    ----------
    scene, result
        What was asked, and its result.
    answered
        Share of the pairs that have a score by an answer of the model.
    yes, truth
        Share of those that the model says yes to, and share of the same that are positive; None without any.
    moved
        Under a control, how far the scores of pairs lie from those without it, on average; else None.
    """

    scene: Scene
    result: Result
    answered: float
    yes: float | None
    truth: float | None
    moved: float | None

    @property
    def mass(self) -> float | None:
        """Mean probability of yes and no together; None without log-probabilities."""
        asking = self.result.asking
        return None if asking is None or asking.answers is None else asking.answers.mass

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, fit for JSON; the run folder has the rest."""
        report, asking = self.result.report, self.result.asking
        return {
            **asdict(self.scene),
            "method": self.result.strategy,
            "pairs": report.coverage.pairs,
            "answered": self.answered,
            "yes": self.yes,
            "truth": self.truth,
            "macro_gene_auroc": asdict(report.metrics["macro_gene_auroc"]),
            "mass": self.mass,
            "moved": self.moved,
            "ended": None if asking is None else asking.ended,
            "run": None if self.result.run is None else self.result.run.name,
        }


def spec_of(session: Session, **choices: Any) -> RunSpec:
    """Return what is asked in all scenes; ``choices`` are fields of a spec, a model among them.

    A model of this process is scored by one token, unless the parameters say how: a text takes ten times as
    long. Raises :class:`UsageError` for a model that does not exist.
    """
    spec = RunSpec(strategies=("isolated",), only="evaluable", control_seeds=1, **choices)
    (method,) = session.methods(spec, keyless=True)
    of_model = spec.parameters.get("llm", {})
    if method.llm is None or not isinstance(method.llm.object, InProcess) or "answer" in of_model:
        return spec
    return replace(spec, parameters={**spec.parameters, "llm": {**of_model, "answer": "token"}})


def demonstrate_with(session: Session, spec: RunSpec, *, out: Path) -> Iterator[Played]:
    """Yield each scene with what came out, until a limit of the session is reached.

    Replies are in the cache as they come, so what was broken off asks nothing twice. Each scene has a run
    folder below ``out``. Raises what :func:`~core_harness.evaluation.running.evaluate_spec` does.
    """
    undisturbed: dict[str, pl.DataFrame] = {}
    for scene, of_scene in _scenes(spec):
        (result,) = evaluate_spec(session, of_scene, out=out)
        pairs = result.predictions.filter(status="ok").join(session.load(of_scene).split.truth, on="pair_id")
        if scene.control is None:
            undisturbed[scene.strategy] = pairs
        before = None if scene.control is None else undisturbed[scene.strategy]
        yield Played(
            scene=scene,
            result=result,
            answered=pairs.height / result.predictions.height,
            yes=_share(says_yes(pairs)),
            truth=_share(pairs["label"] == 1),
            moved=None if before is None else _moved(before, pairs),
        )
        if result.asking is None or result.asking.ended:
            return
        session = session.with_settings(left_of(session.settings, [result.asking.charged]))


def estimate_with(session: Session, spec: RunSpec) -> Mapping[str, Estimate]:
    """Return what each scene would ask and spend. Sends nothing, so no key is needed."""
    return {
        f"{label}, {scene.control}" if scene.control else label: estimate
        for scene, of_scene in _scenes(spec)
        for label, estimate in estimate_spec(session, of_scene).items()
    }


def _scenes(spec: RunSpec) -> Iterator[tuple[Scene, RunSpec]]:
    for strategy, control, shows in PARTS:
        scene = Scene(model=spec.model or "", strategy=strategy, control=control, shows=shows)
        yield scene, replace(spec, strategies=(strategy,), control=control)


def _share(which: pl.Series) -> float | None:
    return None if which.is_empty() else int(which.sum()) / len(which)


def _moved(before: pl.DataFrame, after: pl.DataFrame) -> float | None:
    both = before.select("pair_id", pl.col("score").alias("before")).join(after, on="pair_id")
    return None if both.is_empty() else float((both["score"] - both["before"]).abs().sum()) / both.height
