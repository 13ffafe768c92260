from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "CORE_HARNESS_SMOLLM2"


@pytest.fixture(scope="session")
def weights() -> Path:
    """Return the file of SmolLM2-135M-Instruct (Q4_1)."""
    path = Path(os.environ.get(VARIABLE, ""))
    if find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed: pip install '.[local]'")
    if not path.is_file():
        pytest.skip(f"{VARIABLE} names no file of weights; .ci/run says where they come from")
    return path


@pytest.fixture(scope="session")
def served(weights: Path) -> Iterator[str]:
    """Yield the api base of the engine's own server, with the same weights."""
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
