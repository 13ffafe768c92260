"""A server of the engine, short prompts for a model that reads slowly, and a world of three pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from core_harness.llm import LLM, PROMPTS, Form, Journal, Settings, Summary, ask_all
from core_harness.llm.answers import parse_replies
from core_harness.llm.formats import SINGLE, instructions

GENES = ("MDM2", "CDKN1A", "GAPDH")

WORLD: Mapping[str, Any] = {"perturbations": 15, "genes": 8, "modules": 3, "sparsity": 0.0, "seed": 5}
"""Parameters of the dataset ``simulated``: one gene is evaluable, and asked of three perturbations."""
PAIRS = 3

SHORT: Mapping[str, Mapping[str, Any]] = {
    "isolated": {"facts": 0},
    "few-shot": {"facts": 0, "reasons": 0, "rows": 2},
    "flat": {"facts": 0, "reasons": 0, "per_side": 1},
    "reasoning": {"facts": 0, "reasons": 0, "per_side": 1},
    "voting": {"facts": 0, "reasons": 0, "graded": 2},
}
"""Parameters of each strategy's organizer that keep a prompt at 200 to 340 tokens."""


def prompts(form: Form = "yes-no", items: tuple[str, ...] = GENES) -> pl.DataFrame:
    """Return a prompt a gene, or one about all of them."""
    asks = f"Perturbation: TP53, knocked down by CRISPR interference\nContext: K562\n{instructions(form)}\n"
    packs = [[gene] for gene in items] if form in SINGLE else [list(items)]
    rows = [
        (
            number,
            0,
            form,
            "You predict effects.",
            f"{asks}Genes: {', '.join(pack)}. Do they change?",
            pack,
            ids,
        )
        for number, pack in enumerate(packs)
        for ids in [[number + place for place in range(len(pack))] if form != "grades" else []]
    ]
    return pl.DataFrame(rows, schema=dict(PROMPTS), orient="row")


def replies(llm: LLM, of: pl.DataFrame) -> tuple[Summary, pl.DataFrame]:
    """Return what asking one prompt after the other came to, and the replies."""
    with Journal(None) as journal:
        found = ask_all(llm, of, journal=journal, settings=Settings(concurrency=1))
    return found.summary, found.replies


def asked(llm: LLM, of: pl.DataFrame) -> tuple[Summary, pl.DataFrame]:
    """Return what asking one prompt after the other came to, and the answers."""
    summary, found = replies(llm, of)
    return summary, parse_replies(of, found)


@contextmanager
def serve(weights: Path) -> Iterator[str]:
    """Yield the api base of a new server of the engine, which has read nothing yet."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(weights)
    settings.n_ctx = 4096
    settings.n_parallel = 1
    settings.cpuparams.n_threads = 1
    settings.cpuparams_batch.n_threads = 1
    settings.fit_params = False
    settings.verbosity = -1
    server: Any = xllamacpp.Server(settings)
    yield f"{server.listening_address}/v1"
    del server  # it serves for as long as it is held
