"""The real L1000: what it holds is what its description says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core_harness.data.tables import check_rows
from core_harness_plugins.datasets.l1000 import L1000

pytestmark = [pytest.mark.real, pytest.mark.slow]

BESIDE = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the real data; skip where it has no drugs."""
    data = Path(os.environ.get("CORE_HARNESS_DATA") or BESIDE)
    if not (data / "drugs").is_dir():
        pytest.skip(f"no folder drugs in {data}; set CORE_HARNESS_DATA")
    monkeypatch.setenv("CORE_HARNESS_DATA", str(data))
    return data


def test_815_drugs_have_a_target_or_a_mechanism() -> None:
    rows = check_rows(L1000().rows(), "l1000")
    train = rows.filter(split="train")
    assert (rows["perturbation"].n_unique(), rows["gene"].n_unique()) == (815, 978)
    assert train["perturbation"].n_unique() == 244
    assert 0.05 < float(rows["label"].cast(float).mean() or 0) < 0.07  # type: ignore[arg-type]


def test_all_are_1170() -> None:
    assert L1000(drugs="all").rows()["perturbation"].n_unique() == 1_170
