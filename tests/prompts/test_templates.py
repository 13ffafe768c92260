"""A template of any package: its own text is checked, rendered and recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from small_packages import installed_package

from core_harness import Facts, Result, Task, evaluate, explain_run
from core_harness.analysis.cards import Pair
from core_harness.errors import HarnessError, PluginError, RunError
from core_harness.prompts import Layout, Template, grade_prompts, load_template, pair_prompts
from core_harness.prompts.parts import GRADES, PAIRS
from core_harness.prompts.template import shipped_templates
from core_harness.runs.folder import open_run
from core_harness.schemas import EVIDENCE
from core_harness.schemas import PAIRS as PAIRS_SCHEMA
from core_harness.testing import TestServer

TASK = Task(
    dataset="d", question="de", agent="knockdown", regime="unseen-perturbation", seed=0, simulated=True
)
PAIR = pl.DataFrame([(7, "K562", "TP53", "CDKN1A")], schema=dict(PAIRS_SCHEMA), orient="row")
ROWS = pl.DataFrame(
    [(7, "ATM", "K562", "CDKN1A", 1, 0.8), (7, "BAX", "K562", "CDKN1A", 0, 0.5)],
    schema=dict(EVIDENCE),
    orient="row",
)
CANDIDATES = pl.DataFrame({"perturbation": ["TP53"], "neighbour": ["ATM"]})

MINE = """version = 7
system = "The lab asks. $means $instructions"
user = '''
Perturbation: $perturbation
Context: $context
$genes
'''
gene = '''
Gene: $gene
For $$5: $asks
'''
"""
HOOKS = """
from core_harness import Component, hookimpl

@hookimpl
def core_organizers():
    return [Component("lab-pair", "lab_prompts.organizer:LabPair", "the pair in the words of the lab")]
"""
ORGANIZER = """
from importlib import resources

from core_harness.prompts import Layout, Template, load_template, pair_prompts


class LabPair:
    gives = frozenset({"answers"})

    def __init__(self, *, facts: int = 0, called: str = "lab_prompts:prompts/isolated.toml") -> None:
        self.facts = facts
        self.called = called

    def organize(self, task, evidence):
        return evidence

    def prompts(self, task, evidence, facts):
        (template,) = self.templates()
        layout = Layout(genes_per_prompt=20)
        return pair_prompts(template, task, evidence.pairs, None, facts=facts, layout=layout)

    def templates(self):
        if ":" in self.called:
            return [load_template(self.called)]
        text = (resources.files("lab_prompts") / "prompts" / "isolated.toml").read_text(encoding="utf-8")
        return [Template(text, name=self.called)]
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of an installed package ``lab_prompts`` with an organizer and its template."""
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    load_template.cache_clear()
    files = {"hooks.py": HOOKS, "organizer.py": ORGANIZER, "prompts/isolated.toml": MINE}
    with installed_package(tmp_path / "site", "lab_prompts", files) as home:
        yield home
    load_template.cache_clear()


def run(server: TestServer, tmp_path: Path, **organizer: str) -> Result:
    parameters: dict[str, Any] = {
        "dataset": {"perturbations": 40, "genes": 20, "modules": 4},
        "llm": {"api_base": server.url},
        "organizer": organizer,
    }
    (result,) = evaluate(
        "simulated",
        "isolated",
        organizer="lab-pair",
        model="hosted_vllm/simulated",
        parameters=parameters,
        out=tmp_path / "runs",
    )
    return result


def first_pair(result: Result) -> Pair:
    row = result.predictions.row(0, named=True)
    return Pair(perturbation=row["perturbation"], gene=row["gene"], context=row["context"])


def test_the_text_of_another_package_is_asked_and_recorded(lab: Path, tmp_path: Path) -> None:
    with TestServer(model="always-plausible") as server:
        result = run(server, tmp_path)
    assert server.stats.requests > 0
    assert result.run is not None
    (recorded,) = json.loads((result.run / "run.json").read_text())["method"]["templates"]
    template = Template(MINE, name="lab_prompts:prompts/isolated.toml")
    assert recorded == template.identity()
    assert (recorded["version"], recorded["sha256"] != load_template("isolated").digest) == (7, True)

    (question,) = explain_run(open_run(result.run), first_pair(result)).asked
    assert question.text is not None  # found by the digest of the request: this is what was sent
    assert question.system.startswith("The lab asks. Yes means that")
    assert "For $5: Is SIMG" in question.user

    (lab / "prompts" / "isolated.toml").write_text(MINE.replace("The lab asks.", "The lab wonders."))
    load_template.cache_clear()
    with pytest.raises(RunError, match="was made with another template than these names stand for"):
        explain_run(open_run(result.run), first_pair(result))


def test_a_shipped_name_cannot_be_borrowed(lab: Path, tmp_path: Path) -> None:
    with TestServer() as server, pytest.raises(HarnessError) as refused:
        run(server, tmp_path, called="isolated")
    assert "template 'isolated' is a shipped name; call yours otherwise" in str(refused.value)
    assert server.stats.requests == 0


@pytest.mark.parametrize("name", shipped_templates())
def test_a_shipped_name_belongs_to_the_shipped_text(name: str) -> None:
    with pytest.raises(PluginError, match="is a shipped name"):
        Template(MINE, name=name)


def test_a_template_that_does_not_load_ends_the_run_before_it_costs(lab: Path, tmp_path: Path) -> None:
    (lab / "prompts" / "isolated.toml").write_text(MINE.replace("$gene\n", "$gen\n"))
    with TestServer() as server, pytest.raises(HarnessError) as refused:
        run(server, tmp_path)
    assert "template 'lab_prompts:prompts/isolated.toml', part 'gene': unknown placeholder 'gen'" in str(
        refused.value
    )
    assert server.stats.requests == 0


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("isolatd", "unknown template 'isolatd'; did you mean 'isolated' or"),
        ("wording", "unknown template 'wording'"),
        ("../wording", "unknown template '../wording'"),
        ("lab_prompts:prompts/none.toml", "none.toml cannot be read: No such file"),
        ("lab_prompts:prompts", "prompts cannot be read: Is a directory"),
        ("lab_prompts:bytes.toml", "bytes.toml is not UTF-8"),
        ("lab_nowhere:mine.toml", "'lab_nowhere' is no package here: No module named"),
        (":mine.toml", "'' is no package here"),
        ("", "unknown template ''"),
    ],
)
def test_a_template_that_is_not_there_is_one_line(reference: str, message: str, lab: Path) -> None:
    (lab / "bytes.toml").write_bytes(b"version = 1 # \xff")
    with pytest.raises(PluginError) as refused:
        load_template(reference)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version = 7", "", "'version' must be a whole number from 1 on"),
        ("version = 7", "version = true", "'version' must be"),
        ("version = 7", "version = 0", "'version' must be"),
        ("version = 7", "version = ", "not valid TOML"),
        ("system =", "sytem =", "unknown part 'sytem'; did you mean 'system'?"),
        ("gene =", "genes =", "it needs a part 'gene' (about pairs) or a part 'candidate' (for grades)"),
        ("gene =", "candidate = '$neighbour'\ngene =", "it needs a part 'gene'"),
        ("system =", "row =", "part 'system' is missing"),
        ("$genes", "", "part 'user': $genes is missing"),
        ("$genes", "$genes $gene", "part 'user': unknown placeholder 'gene'"),
        ("$$5", "$5", "part 'gene': a '$' begins no placeholder; write '$$'"),
        ("version = 7", "version = 7\nrow = ['$neighbour']", "part 'row': it must be a text"),
        ("version = 7", "version = 7\nrow = '$neighbour'", "part 'gene': $evidence is missing"),
        ("version = 7", "version = 7\ngroup = '$rows'", "part 'row' is missing, of which part 'group'"),
        ("$asks", "$asks $label", "part 'gene': unknown placeholder 'label'"),
    ],
)
def test_what_is_wrong_in_a_template_is_one_line_with_its_part(old: str, new: str, message: str) -> None:
    assert MINE.count(old) >= 1
    with pytest.raises(PluginError) as refused:
        Template(MINE.replace(old, new, 1), name="lab")
    assert str(refused.value).startswith("template 'lab'")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_documented_template_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reasoning.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (user,) = pair_prompts(
        Template(text, name="stress"), TASK, PAIR, ROWS, facts=Facts.none(), layout=Layout()
    )["user"]
    assert "- ATM (relatedness 0.80): changed" in user


def test_a_template_is_used_for_what_it_has_parts_for() -> None:
    layout, facts = Layout(), Facts.none()
    with pytest.raises(PluginError, match="template 'grades' has no part 'gene' and does not do for"):
        pair_prompts(load_template("grades"), TASK, PAIR, None, facts=facts, layout=layout)
    with pytest.raises(PluginError, match="'isolated' has no part 'row' and does not do for prompts with"):
        pair_prompts(load_template("isolated"), TASK, PAIR, ROWS, facts=facts, layout=layout)
    with pytest.raises(PluginError, match="'flat' has no part 'candidate' and does not do for grades"):
        grade_prompts(load_template("flat"), TASK, PAIR, CANDIDATES, facts=facts, layout=layout)


NAMES = sorted({name for part in (*PAIRS.values(), *GRADES.values()) for name in part.known})
PIECES = st.sampled_from([*(f"${name}" for name in NAMES), "${gene}x", "$$", "$", " words ", "$Label", "\n"])


@st.composite
def written_templates(draw: st.DrawFn) -> str:
    """A template whose parts hold what is needed, and perhaps what is not known."""
    allowed = draw(st.sampled_from([PAIRS, GRADES]))
    parts: dict[str, Any] = {"version": 1}
    for name, part in allowed.items():
        if not (part.optional and draw(st.booleans())):
            known = st.sampled_from([f"${known}" for known in sorted(part.known)])
            anything = draw(st.lists(PIECES if draw(st.integers(0, 9)) == 0 else known, max_size=6))
            needed = sorted(part.needed | ({"evidence"} if name == "gene" else set()))
            parts[name] = " ".join([*anything, *(f"${one}" for one in needed)])
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in parts.items())


@given(written_templates())
def test_whatever_loads_can_be_rendered(text: str) -> None:
    try:
        template = Template(text, name="any")
    except PluginError:
        event("refused")
        return
    event(f"accepted: {', '.join(template.parts)}")
    facts, layout = Facts.none(), Layout(samples=2)
    if "candidate" in template.parts:
        prompts = grade_prompts(template, TASK, PAIR, CANDIDATES, facts=facts, layout=layout)
    else:
        rows = ROWS if "row" in template.parts else None
        prompts = pair_prompts(template, TASK, PAIR, rows, facts=facts, layout=layout)
    assert prompts.height == 2
