"""Each check finds what it is there for; what is right passes all of them; the report says how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import SkipTest

import pytest
from program import run_here
from small_packages import installed_package

from core_harness.errors import PluginError, UsageError
from core_harness.testing import check_component, component_checks
from core_harness.testing.contract.report import CHECKS
from core_harness.testing.contract.subject import outcome_of, subject_of

from . import broken

PAIRS = 200
OF_ALL = {check for checks in CHECKS.values() for check in checks}


@pytest.mark.parametrize("cls", broken.FINDS, ids=lambda cls: cls.__name__)
def test_a_check_finds_it(cls: type) -> None:
    subject = subject_of(cls, pairs=PAIRS)
    (check,) = (check for check in CHECKS[subject.stage] if check.name == broken.FINDS[cls])
    outcome = outcome_of(check, subject)
    if cls is broken.LeavesThread:
        cls.ended.set()
    assert outcome.status == "failed", outcome
    assert outcome.found


@pytest.mark.parametrize("right", [broken.Share, broken.Passes, broken.Rows, broken.Yes])
def test_what_is_right_passes_all(right: type) -> None:
    report = check_component(right, pairs=PAIRS)
    assert [one.check for one in report.outcomes] == list(CHECKS[report.subject.stage])


def test_every_check_but_that_of_cost_is_seen_failing() -> None:
    seen = {*broken.FINDS.values(), "made-without-arguments", "made-again-from-its-record"}
    assert {check.name for check in OF_ALL} - seen == {"time-and-memory"}


def test_parameters_that_cannot_be_kept() -> None:
    (again,) = (check for check in CHECKS["aggregator"] if check.name == "made-again-from-its-record")
    assert "limit" in outcome_of(again, subject_of(broken.Endless)).found
    (lacking,) = (check for check in CHECKS["aggregator"] if check.name == "made-without-arguments")
    assert "power" in outcome_of(lacking, subject_of(broken.NoDefault(power=1.0))).found


def test_every_check_says_why_and_how_to_mend_it() -> None:
    for check in OF_ALL:
        assert check.why
        assert check.mend


def test_an_object_keeps_the_parameters_that_it_was_given() -> None:
    class Powered(broken.Share):
        def __init__(self, *, power: float = 2.0) -> None:
            self.power = power

    assert subject_of(Powered(power=5.0)).fresh().object.power == 5.0


def test_what_is_no_component_is_refused() -> None:
    with pytest.raises(UsageError, match="dict has none of the methods that make a component: rows"):
        check_component({})


def test_a_failure_is_one_error_with_all_that_was_found() -> None:
    with pytest.raises(
        PluginError, match=r"aggregator 'FewerPairs': \d of \d+ checks failed: .*head|each pair_id"
    ):
        check_component(broken.FewerPairs, pairs=PAIRS)


@pytest.mark.parametrize("check", component_checks(broken.Share(), pairs=PAIRS))
def test_checks_are_tests(check) -> None:  # type: ignore[no-untyped-def]
    check()


def test_a_check_that_cannot_be_done_is_a_skip_with_its_reason() -> None:
    (check,) = (one for one in component_checks(broken.Share()) if one.__name__ == "not-from-itself")
    with pytest.raises(SkipTest, match="an aggregator returns no evidence"):
        check()


def test_tests_are_called_like_checks(request: pytest.FixtureRequest) -> None:
    names = [check.__name__ for check in component_checks(broken.Share())]
    assert names == [check.name for check in CHECKS["aggregator"]]


HOOKS = """from core_harness import Component, hookimpl
@hookimpl
def core_aggregators():
    return [Component("share", "mine.share:Share", "")]
"""
SHARE = """import polars as pl
class Share:
    needs = frozenset()
    def predict(self, task, evidence, answers):
        print("predicting")
        return evidence.pairs.select("pair_id", score=pl.lit(0.5), status=pl.lit("ok"))
"""


def test_the_command_line(tmp_path: Path) -> None:
    with installed_package(tmp_path, "mine", {"hooks.py": HOOKS, "share.py": SHARE}):
        done = run_here("plugins", "check", "share", cwd=tmp_path)
        assert done.returncode == PluginError.exit_code
        assert "what predict printed" in done.stdout
        assert "mend print nothing" in done.stdout
        assert (
            "Error: aggregator 'share' of mine 1.2: 1 of 19 checks failed: nothing-on-stdout" in done.stderr
        )
        done = run_here("plugins", "check", "share", "--json", cwd=tmp_path)
        (failed,) = (one for one in json.loads(done.stdout)["checks"] if one["status"] == "failed")
        assert list(failed) == ["name", "status", "found", "why", "mend"]
        assert done.returncode == PluginError.exit_code


def test_a_class_of_a_file_is_checked_before_there_is_a_package(tmp_path: Path) -> None:
    (tmp_path / "share.py").write_text(SHARE)
    named = run_here("plugins", "check", "./share.py:Share", cwd=tmp_path)
    brought = run_here("plugins", "check", "Share", "--plugin", "share.py", cwd=tmp_path)
    for done in (named, brought):
        assert done.returncode == PluginError.exit_code
        assert "1 of 19 checks failed: nothing-on-stdout" in done.stderr
    assert run_here("plugins", "check", "potency@core-harness", cwd=tmp_path).returncode == 0


def test_a_name_of_several_kinds_has_to_say_which(tmp_path: Path) -> None:
    done = run_here("plugins", "check", "none", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'none' is retriever and organizer; say which with --kind" in done.stderr
    assert run_here("plugins", "check", "none", "--kind", "retriever", cwd=tmp_path).returncode == 0
    assert "unknown component 'nil'" in run_here("plugins", "check", "nil", cwd=tmp_path).stderr
