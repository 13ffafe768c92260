"""The argument of CORE on simulated data: scripted models are asked through the client of real models.

It is no finding. It shows that the program separates a model that follows the evidence from one that
says what sounds plausible, before a real model is paid for.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from core_harness.evaluation.api import evaluate
from core_harness.evaluation.progress import Notice, Progress
from core_harness.evaluation.result import Result
from core_harness.testing import TestServer
from core_harness.vocabulary import Control

SEEDS = 3
"""Seeds of each control: few, for this shows what happens and estimates nothing."""

_MODEL = "hosted_vllm/simulated"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One scripted model with one strategy, perhaps under a control, and what it is there to show."""

    model: str
    strategy: str
    control: Control | None
    shows: str


SCENES = (
    Scene(
        model="always-plausible",
        strategy="isolated",
        control=None,
        shows="says yes to what sounds plausible: far too often, and at chance within genes",
    ),
    Scene(
        model="follows-evidence",
        strategy="reasoning",
        control=None,
        shows="follows the contrast: above chance within genes",
    ),
    Scene(
        model="follows-evidence",
        strategy="reasoning",
        control="shuffled-labels",
        shows="the evidence made worthless: falls to chance",
    ),
    Scene(
        model="ignores-evidence",
        strategy="reasoning",
        control=None,
        shows="is shown the contrast and ignores it",
    ),
    Scene(
        model="ignores-evidence",
        strategy="reasoning",
        control="shuffled-labels",
        shows="is not moved by shuffled labels: it did not use the evidence",
    ),
)


def demonstrate(
    *, seed: int = 0, progress: Progress | None = None, notice: Notice | None = None
) -> Iterator[tuple[Scene, Result]]:
    """Yield each scene with its result; test servers on this machine play the models.

    Replies go to a temporary cache.
    """
    with _temporary_cache():
        for scripted in dict.fromkeys(scene.model for scene in SCENES):
            with TestServer(model=scripted) as server:
                for scene in (scene for scene in SCENES if scene.model == scripted):
                    (result,) = evaluate(
                        strategies=scene.strategy,
                        model=_MODEL,
                        parameters={"llm": {"api_base": server.url}, "organizer": {"genes_per_prompt": 20}},
                        control=scene.control,
                        control_seeds=SEEDS,
                        only="evaluable",
                        seed=seed,
                        progress=progress,
                        notice=notice,
                    )
                    yield scene, result


@contextmanager
def _temporary_cache() -> Iterator[None]:
    name = "CORE_HARNESS_CACHE"
    before: Mapping[str, str] = {name: os.environ[name]} if name in os.environ else {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ[name] = folder
        try:
            yield
        finally:
            del os.environ[name]
            os.environ.update(before)
