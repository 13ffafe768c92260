"""Plugins are found one by one, and a broken one breaks nothing else."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from core_harness.errors import PluginError, UsageError
from core_harness.plugins.catalog import Catalog
from core_harness.plugins.component import Component
from core_harness.plugins.discovery import Found, discover

GOOD = """
from core_harness import Component, hookimpl

@hookimpl
def core_aggregators():
    return [Component("coin", "coin_plugin:Coin", "a coin")]

class Coin:
    needs = frozenset()
    def __init__(self, *, sides: int = 2, fair: bool = True) -> None:
        self.sides, self.fair = sides, fair
    def predict(self, task, evidence, answers):
        return evidence.pairs.select("pair_id", score=0.5, status="ok")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> EntryPoint:
    (tmp_path / "coin_plugin.py").write_text(request.param, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("coin_plugin", None)
    return EntryPoint(name="coin", value="coin_plugin", group="core_harness")


@pytest.mark.parametrize("plugin", [GOOD], indirect=True)
def test_a_plugin_is_found_and_made(plugin: EntryPoint) -> None:
    plugins = discover([plugin])
    assert not plugins.broken
    made = Catalog(*plugins).make("aggregator", "coin", {"sides": "6"})
    assert made.object.sides == 6
    assert made.reference.parameters == {"sides": 6, "fair": True}


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError"),
        ("raise SystemExit('no')", "SystemExit: no"),
        ("1 / 0", "ZeroDivisionError"),
        (GOOD.replace("def core_aggregators", "def core_agregators"), "core_agregators"),
        (GOOD.replace('Component("coin", "coin_plugin:Coin", "a coin")', '"coin"'), "wanted a Component"),
        (GOOD.replace('"a coin")', '"a coin", api=99)'), "interface 99"),
        (GOOD.replace("@hookimpl", ""), "core_aggregators is not marked with @hookimpl"),
        (GOOD.replace("    return [", "    [").replace('a coin")]', 'a coin")]'), "returned None"),
        (GOOD.replace('("coin",', '("../coin",'), "is no name"),
        (GOOD.replace('("coin",', '("coin@home",'), "is no name"),
        (GOOD.replace('("coin",', '("[red]",'), "is no name"),
        (GOOD.replace('("coin",', f'("{"c" * 61}",'), "60 characters at most"),
        (GOOD.replace('"a coin"', "None"), "has the summary None"),
    ],
    indirect=["plugin"],
)
def test_a_broken_plugin_is_a_line(plugin: EntryPoint, reason: str) -> None:
    plugins = discover([plugin])
    assert not plugins.components
    (broken,) = plugins.broken
    assert broken.plugin == "coin"
    assert reason in broken.reason
    with pytest.raises(UsageError, match="plugin 'coin' of unknown is broken"):
        Catalog(*plugins).make("aggregator", "coin", {})


@pytest.mark.parametrize("plugin", [GOOD], indirect=True)
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"side": "6"}, "unknown parameter of aggregator 'coin' 'side'; did you mean 'sides'?"),
        ({"sides": "many"}, "parameter sides='many': Input should be a valid integer"),
        ({"fair": "perhaps"}, "parameter fair='perhaps'"),
    ],
)
def test_parameters_are_checked(plugin: EntryPoint, parameters: dict[str, str], message: str) -> None:
    catalog = Catalog(*discover([plugin]))
    with pytest.raises(UsageError) as caught:
        catalog.make("aggregator", "coin", parameters)
    assert message in str(caught.value)


@pytest.mark.parametrize("target", ["nowhere_at_all:X", "json:NoSuchClass", "json:JSONDecoder"])
def test_a_target_that_is_no_component_is_an_error(target: str) -> None:
    catalog = Catalog([Found(Component("odd", target, ""), "dist", "1", "organizer")])
    with pytest.raises((PluginError, UsageError)):
        catalog.make("organizer", "odd", {})


@pytest.mark.parametrize("plugin", [GOOD], indirect=True)
def test_a_distribution_that_registers_a_name_twice_keeps_the_first(plugin: EntryPoint) -> None:
    plugins = discover([plugin, EntryPoint(name="more", value=plugin.value, group=plugin.group)])
    assert [one.name for one in plugins.components] == ["coin"]
    (broken,) = plugins.broken
    assert (broken.plugin, broken.reason) == ("more", "ValueError: aggregator 'coin' is registered twice")
