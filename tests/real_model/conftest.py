from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from real_model.asking import serve

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
    with serve(weights) as address:
        yield address
