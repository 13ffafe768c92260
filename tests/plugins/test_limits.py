"""A number out of its limits is one line when a component is made, before any data are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from core_harness.cli import cli
from core_harness.errors import UsageError
from core_harness.plugins.catalog import catalog
from core_harness.plugins.component import Stage

BAD: list[tuple[Stage, str, str, str]] = [
    *(("organizer", "responders", "factors", value) for value in ("0", "-1", "1.5", "nan")),
    *(("organizer", "responders", "second_step", value) for value in ("2", "-0.1", "nan", "inf")),
    *(("organizer", "responders", "elsewhere", value) for value in ("1.1", "nan")),
    *(("organizer", "responders", "itself", value) for value in ("-1", "nan", "inf")),
    *(("organizer", "responders", name, "0") for name in ("power", "profile_power", "likeness_power")),
    *(("organizer", "nearest", "k", value) for value in ("0", "-1")),
    *(("aggregator", "vote", "power", value) for value in ("-1", "nan", "inf")),
    *(("aggregator", "vote", "shrinkage", value) for value in ("-1", "nan", "inf")),
    *(("aggregator", "vote", "unlisted_weight", value) for value in ("-1", "2", "nan")),
    *(("aggregator", "learned-vote", "unlisted_weight", value) for value in ("-1", "2", "nan")),
    *(("aggregator", "learned-vote", "ridge", value) for value in ("-1", "nan", "inf")),
    *(("aggregator", name, "shrinkage", "-1") for name in ("potency", "additive", "fused", "gene-frequency")),
    *(("retriever", "kg", "network_share", value) for value in ("1.5", "-1", "nan")),
    *(("llm", "litellm", "temperature", value) for value in ("nan", "inf", "1e400")),
    *(("organizer", name, "samples", "1000000") for name in ("voters", "flat", "pair", "few-shot")),
    ("retriever", "response", "shrinkage", "-1"),
    ("retriever", "symbol", "characters", "0"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "name", "parameter", "value"), BAD)
def test_a_number_out_of_its_limits_is_refused(stage: Stage, name: str, parameter: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        catalog().make(stage, name, {parameter: value})
    assert str(caught.value).startswith(
        f"{stage} {name!r}, parameter {parameter}={value!r}: Input should be "
    )


@pytest.mark.parametrize(
    ("stage", "name", "parameter", "value"),
    [
        ("organizer", "responders", "second_step", "0"),
        ("organizer", "responders", "second_step", "1"),
        ("organizer", "responders", "factors", "1"),
        ("organizer", "responders", "itself", "0"),
        ("aggregator", "vote", "power", "0"),
        ("aggregator", "vote", "shrinkage", "0"),
        ("aggregator", "vote", "unlisted_weight", "1"),
        ("aggregator", "learned-vote", "ridge", "0"),
    ],
)
def test_a_number_at_its_limit_is_taken(stage: Stage, name: str, parameter: str, value: str) -> None:
    made = catalog().make(stage, name, {parameter: value})
    assert getattr(made.object, parameter) == float(value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["eval", "-s", "voting", "-p", "organizer.factors=0"],
        ["tune", "voting", "--try", "organizer.factors=30,0"],
        ["tune", "voting", "--try", "aggregator.shrinkage=.1", "-p", "organizer.factors=0"],
    ],
)
def test_the_command_line_says_so_in_one_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "organizer 'responders', parameter factors='0'" in done.stderr
    assert not Path("runs").exists()
