"""What scripts and plugins import does not go away unnoticed."""

from __future__ import annotations

import public_names
import pytest


def test_public_names_are_those_of_the_golden_list() -> None:
    assert public_names.listed() == public_names.LIST.read_text(encoding="utf-8"), (
        "if the change is meant, say it in CHANGELOG.md and run python tests/public_names.py"
    )


def test_what_a_module_imports_is_not_its_own() -> None:
    names = public_names.listed().splitlines()
    assert "core_harness.plugins.limits: Share" in names
    assert "core_harness.data.rates: gene_rate_of" in names
    assert "core_harness.data.rates: pl" not in names
    assert not [name for name in names if name.endswith((": annotations", ": Any"))]


@pytest.mark.parametrize("module", ["core_harness", "core_harness.llm", "core_harness.plugins.protocols"])
def test_the_manual_lists_what_authors_need(module: str) -> None:
    assert module in public_names.modules()
