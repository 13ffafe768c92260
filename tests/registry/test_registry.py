"""The registry: found wherever it was installed, and checked as a whole."""

from __future__ import annotations

import pytest

from core_harness.errors import RegistryError
from core_harness.registry.loading import parse_registry, shipped_registry
from core_harness.registry.shipped import registry_path, shipped_tables

MINIMAL = """schema_version = 1
[datasets.simulated]
summary = "a world"
component = "simulated"
[strategies.voting]
summary = "a vote"
retriever = "kg"
organizer = "contrast"
aggregator = "vote"
[suites.small]
summary = "one cell"
datasets = ["simulated"]
task = "de"
strategies = ["voting"]
coverage = 1.0
reference = "voting"
"""


def test_the_shipped_registry_is_valid() -> None:
    assert registry_path().is_file()
    registry = shipped_registry()
    assert set(shipped_tables()["strategies"]) == set(registry.strategies)
    assert {"voting", "gene-frequency"} <= set(registry.strategies)
    assert {f"perturbqa/{line}" for line in ("k562", "rpe1", "hepg2", "jurkat", "k562_set")} <= set(
        registry.datasets
    )


def test_a_minimal_registry_is_read() -> None:
    assert parse_registry(MINIMAL, "here").strategies["voting"].aggregator == "vote"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'retriever = "kg"',
            'retreiver = "kg"',
            "line 7, key strategies.voting.retreiver: there is no such key",
        ),
        (
            'retriever = "kg"',
            "retriever = 3",
            "line 7, key strategies.voting.retriever: input should be a valid string",
        ),
        ('aggregator = "vote"', "", "line 5, key strategies.voting.aggregator: field required"),
        ('component = "simulated"', "component = [", "not valid TOML"),
        ("schema_version = 1", "schema_version = 9", "line 1, key schema_version: input should be 1"),
        ("[datasets.simulated]", '[datasets."a b"]', "line 2, key datasets.a b: string should match pattern"),
        (
            'component = "simulated"',
            'component = "simulated"\nparameters = { a = [1] }',
            "line 5, key datasets.simulated.parameters.a",
        ),
        (
            'datasets = ["simulated"]',
            'datasets = ["simulate"]',
            "line 12, key suites.small.datasets: unknown dataset 'simulate'; did you mean 'simulated'?",
        ),
        (
            'strategies = ["voting"]',
            'strategies = ["votes"]',
            "key suites.small.strategies: unknown",
        ),
        ('reference = "voting"', 'reference = "constant"', "line 16, key suites.small.reference: unknown"),
        ("coverage = 1.0", "coverage = 1.5", "line 15, key suites.small.coverage: input should be less"),
        ("coverage = 1.0", 'coverage = 1.0\nasking = ["voting"]', "key suites.small: 'asking' and 'models'"),
    ],
)
def test_an_error_names_key_and_line(old: str, new: str, message: str) -> None:
    with pytest.raises(RegistryError) as caught:
        parse_registry(MINIMAL.replace(old, new), "registry.toml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("registry.toml")
