"""A user registry adds layers to the shared graph. Untrusted, it replaces none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_knowledge import write_data

from core_harness.errors import RegistryError
from core_harness.knowledge.rdf import read_graph
from core_harness.plugins.registries import open_registry
from core_harness.registry.loading import shipped_registry

PERSON = {key: value for key, value in os.environ.items() if not key.startswith("CORE_HARNESS")}
SHIPPED = [layer.name for layer in shipped_registry().layer]

COMPLEXES = """
[[layer]]
name = "complexes"
reader = "gmt"
file = "lab/complexes.gmt"
source = "Complexes of our lab\\u001b[31m"
licence = "CC0-1.0"
"""
CONTACTS = """
[[layer]]
name = "contacts"
reader = "rdf"
file = "lab/contacts.ttl"
source = "Contacts of our lab"
licence = "CC0-1.0"
biolink = "physically_interacts_with"
rdf = { kind = "edges", follow = ["http://example.org/touches"] }
"""
TURTLE = """
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix : <http://example.org/> .
:a rdfs:label "BAX" ; :touches :b .
:b rdfs:label "NEWGENE" .
"""


def registry(folder: Path, *tables: str) -> Path:
    path = folder / "lab.toml"
    path.write_text("\n".join(["schema_version = 1", *tables]), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with ``data`` and ``lab.toml``, whose layers alone relate BAX to NEWGENE."""
    write_data(tmp_path / "data")
    lab = tmp_path / "data" / "lab"
    lab.mkdir()
    (lab / "complexes.gmt").write_text("Complex One\tx\tBAX\tNEWGENE\nComplex Two\tx\tP53\tMDM2\n")
    (lab / "contacts.ttl").write_text(TURTLE)
    registry(tmp_path, COMPLEXES, CONTACTS)
    return tmp_path


def typed(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "core_harness", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**PERSON, "CORE_HARNESS_DATA": str(cwd / "data"), "CORE_HARNESS_CACHE": str(cwd / "cache")},
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


WITH = ("--registry", "lab.toml")


@pytest.mark.slow
def test_the_graph_has_the_layers_of_the_user_registry(folder: Path) -> None:
    assert typed("kg", "build", *WITH, cwd=folder).stdout.startswith(f"{len(SHIPPED) + 2} layers in ")
    layers = json.loads(typed("kg", "show", "--json", *WITH, cwd=folder).stdout)["layers"]
    assert [layer["name"] for layer in layers] == [*SHIPPED, "complexes", "contacts"]
    assert [(layer["kind"], layer["rows"], layer["genes"]) for layer in layers[-2:]] == [
        ("sets", 4, 4),
        ("edges", 1, 2),
    ]
    shown = typed("kg", "show", *WITH, cwd=folder).stdout
    assert "Contacts of our lab" in shown
    assert "\x1b" not in shown

    report = json.loads(typed("kg", "path", "BAX", "NEWGENE", "--json", *WITH, cwd=folder).stdout)
    sets, edges = report["layers"][-2:]
    assert sets["shared"] == [{"set": "Complex One", "genes": 2, "name": None}]
    assert edges["edge"] == 1.0
    assert report["weight"] > 0
    assert "in no layer" in typed("kg", "path", "BAX", "NEWGENE", cwd=folder, code=2).stderr

    typed("kg", "export", "out.ttl", "-l", "complexes", "-l", "contacts", *WITH, cwd=folder)
    assert [layer.name for layer in read_graph(folder / "out.ttl").layers] == ["complexes", "contacts"]
    assert "biolink:physically_interacts_with" in (folder / "out.ttl").read_text()


def run_of(folder: Path, *arguments: str) -> dict[str, Any]:
    before = {path.parent for path in folder.glob("runs/*/run.json")}
    typed("eval", "-d", "perturbqa/k562", "-s", "voting", "--out", "runs", *arguments, cwd=folder)
    (made,) = {path.parent for path in folder.glob("runs/*/run.json")} - before
    manifest: dict[str, Any] = json.loads((made / "run.json").read_text())
    return manifest


@pytest.mark.slow
def test_an_evaluation_votes_and_tells_facts_by_them(folder: Path) -> None:
    by_them = ("-p", "retriever.layers=complexes,contacts")
    refused = typed("eval", "-d", "perturbqa/k562", "-s", "voting", *by_them, cwd=folder, code=2)
    assert "unknown layer 'complexes'" in refused.stderr
    plain, with_them = run_of(folder), run_of(folder, *WITH)
    assert plain["graph_sha256"] != with_them["graph_sha256"]
    pair = ("--perturbation", "BAX", "--gene", "G", "-d", "perturbqa/k562", *WITH)
    card = json.loads(typed("explain", *pair, *by_them, "--json", cwd=folder).stdout)["card"]
    assert [voter["neighbour"] for voter in card["voters"]] == ["NEWGENE"]
    model = ("--model", "hosted_vllm/x", "--api-base", "http://127.0.0.1:9/v1", "--show-prompt")
    prompt = typed("explain", *pair, "-s", "isolated", *model, cwd=folder).stdout
    assert "member of Complex One" in prompt
    assert "physically interacts with NEWGENE" in prompt


def test_a_file_that_is_not_there_is_one_line(folder: Path) -> None:
    (folder / "data" / "lab" / "complexes.gmt").unlink()
    done = typed("kg", "build", *WITH, cwd=folder, code=3)
    assert f"{folder / 'data' / 'lab' / 'complexes.gmt'} is not there" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_shipped_layer_is_replaced_by_a_trusted_file_only(tmp_path: Path) -> None:
    path = registry(tmp_path, COMPLEXES.replace('"complexes"', '"reactome"'))
    with pytest.raises(RegistryError, match=r"layer 'reactome' is a shipped name.*--trust-registry"):
        open_registry(path)
    layers = open_registry(path, trusted=True).layer
    assert [layer.name for layer in layers] == SHIPPED
    assert layers[SHIPPED.index("reactome")].file == "lab/complexes.gmt"


WORDS = """
[[layer]]
name = "complex-words"
reader = "words"
of = ["complexes", "go-bp"]
source = "Words of our lab"
licence = "CC0-1.0"
"""


@pytest.mark.slow
def test_words_are_of_shipped_layers_and_of_those_of_the_user(folder: Path) -> None:
    registry(folder, WORDS, COMPLEXES)
    report = json.loads(typed("kg", "path", "CASP9", "NEWGENE", "--json", *WITH, cwd=folder).stdout)
    (words,) = (layer for layer in report["layers"] if layer["name"] == "complex-words")
    assert words["shared"] == []
    report = json.loads(typed("kg", "path", "BAX", "NEWGENE", "--json", *WITH, cwd=folder).stdout)
    (words,) = (layer for layer in report["layers"] if layer["name"] == "complex-words")
    assert [row["set"] for row in words["shared"]] == ["one", "complex"]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("go-bq", "line 14, key layer.1.of: unknown layer 'go-bq'; did you mean 'go-bp'"),
        (
            "string",
            "line 14, key layer.1.of: layer 'string' has no sets with names of their own; leave it out",
        ),
        ("words", "line 14, key layer.1.of: layer 'words' has no sets with names of their own; leave it out"),
    ],
)
def test_words_of_what_is_not_there_are_one_line(part: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RegistryError) as refused:
        open_registry(registry(tmp_path, COMPLEXES, WORDS.replace("go-bp", part)))
    assert message in str(refused.value)


def test_a_layer_that_words_are_of_is_not_replaced_by_edges(tmp_path: Path) -> None:
    path = registry(tmp_path, CONTACTS.replace('"contacts"', '"reactome"'))
    with pytest.raises(
        RegistryError, match="the shipped layer 'words' can no longer be made: layer 'reactome'"
    ):
        open_registry(path, trusted=True)


@pytest.mark.parametrize(
    "file",
    [
        "/etc/passwd",
        "../secrets.gmt",
        "lab/../../secrets.gmt",
        "..",
        "C:/secrets.gmt",
        "C:secrets.gmt",
        "..\\\\secrets.gmt",
        "\\\\\\\\host\\\\share\\\\x.gmt",
        "lab/x\\u0000.gmt",
        "lab/x\\n.gmt",
        "",
        ".",
    ],
)
@pytest.mark.parametrize("trusted", [False, True])
def test_no_registry_names_a_file_outside_of_the_data_folder(
    file: str, tmp_path: Path, *, trusted: bool
) -> None:
    path = registry(tmp_path, COMPLEXES.replace("lab/complexes.gmt", file))
    with pytest.raises(RegistryError) as refused:
        open_registry(path, trusted=trusted)
    assert "line 6, key layer.0.file: " in str(refused.value)
    assert "must be a path inside the data folder" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([COMPLEXES, COMPLEXES], "key layer: layer 'complexes' stands in two [[layer]] tables; rename one"),
        ([COMPLEXES.replace('"complexes"', '"../complexes"')], "key layer.0.name: string should match"),
        ([CONTACTS.replace("rdf = {", "columns = {")], "key layer.0.columns"),
        ([COMPLEXES.replace('"gmt"', '"rdf"')], "reader 'rdf' needs a table 'rdf'"),
        (["[[layers]]"], "key layers: there is no such key"),
        (['[aliases]\nfile = "lab/aliases.tsv"'], "key aliases: there is no such key"),
    ],
)
def test_a_layer_that_does_not_fit_is_one_line(tables: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(RegistryError) as refused:
        open_registry(registry(tmp_path, *tables))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
