"""``core-harness kg``, with small files of the real names."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from program import run_here
from small_knowledge import write_annotations, write_data

from core_harness.knowledge import open_graph
from core_harness.knowledge.rdf import read_graph
from core_harness.registry.loading import shipped_registry

LAYERS = [
    "go-bp",
    "go-cc",
    "go-mf",
    "reactome",
    "coessentiality",
    "string",
    "words",
    "gene-name",
    "string-coexpression",
    "string-experiments",
    "string-database",
]
CHANNELS = LAYERS[-3:]


def core_harness(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    homes = {"CORE_HARNESS_DATA": str(cwd / "data"), "CORE_HARNESS_CACHE": str(cwd / "cache")}
    done = run_here(*arguments, cwd=cwd, **homes)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with ``data``: small files where the registry wants the real ones."""
    write_data(tmp_path / "data")
    return tmp_path


def test_build_says_where_and_builds_once(folder: Path) -> None:
    first = core_harness("kg", "build", cwd=folder).stdout
    (home,) = (folder / "cache" / "graphs").iterdir()
    assert first == f"11 layers in {home}\n"
    files = {path: path.stat().st_mtime_ns for path in home.iterdir()}
    assert core_harness("kg", "build", cwd=folder).stdout == first
    assert {path: path.stat().st_mtime_ns for path in home.iterdir()} == files


def test_show_has_layers_sources_and_coverage(folder: Path) -> None:
    report = json.loads(core_harness("kg", "show", "-d", "perturbqa/k562", "--json", cwd=folder).stdout)
    layers = {layer["name"]: layer for layer in report["layers"]}
    assert list(layers) == LAYERS
    go, string = layers["go-bp"], layers["string"]
    assert (go["kind"], go["sets"], go["rows"], go["genes"], go["known"]) == ("sets", 2, 6, 4, 3)
    assert (string["kind"], string["sets"], string["rows"], string["genes"]) == ("edges", None, 3, 3)
    assert (string["licence"], string["date"]) == ("CC-BY-4.0", "2023")
    assert "STRING v12.0" in string["source"]
    assert len(string["sha256"]) == 64
    assert report["coverage"] == {
        "dataset": "perturbqa/k562",
        "perturbations": 4,
        "known": 3,
        "unknown": ["NEWGENE"],
    }
    shown = core_harness("kg", "show", "-d", "perturbqa/k562", cwd=folder).stdout
    assert "perturbqa/k562: 3 of 4 (75.0%) perturbations are known; not NEWGENE" in shown
    plain = core_harness("kg", "show", cwd=folder).stdout
    assert "perturbations" not in plain
    assert "Gene Ontology" in plain


def test_show_counts_the_annotations_with_codes_and_dates(folder: Path) -> None:
    def notes() -> dict[str, object]:
        layers = json.loads(core_harness("kg", "show", "--json", cwd=folder).stdout)["layers"]
        assert [layer["of"] for layer in layers if layer["of"]] == [["go-bp", "go-cc", "go-mf", "reactome"]]
        return {layer["name"]: layer["annotations"] for layer in layers if layer["annotations"] is not None}

    assert notes()["go-bp"] == {"rows": 6, "coded": 0, "dated": 0}
    write_annotations(folder / "data")
    assert notes() == {
        "go-bp": {"rows": 5, "coded": 5, "dated": 5},
        "go-cc": {"rows": 2, "coded": 2, "dated": 2},
        "go-mf": {"rows": 1, "coded": 1, "dated": 1},
    }
    shown = core_harness("kg", "show", cwd=folder).stdout
    assert "go-cc: 2 of 2 (100.0%) annotations have an evidence code, 2 of 2 (100.0%) a date" in shown


def test_an_evaluation_by_a_graph_that_cannot_have_read_the_screens(folder: Path) -> None:
    vote = ("eval", "-d", "perturbqa/k562", "-s", "voting-one-step", "--out", "runs", "--json")
    before, without = ("-p", "retriever.before=2022-01"), ("-p", "retriever.without_evidence=IMP,HMP,IEP,HEP")
    refused = core_harness(*vote, *without, cwd=folder, code=2).stderr
    assert (
        "layer 'go-bp' has no evidence codes, so that it cannot be left without HEP, HMP, IEP, IMP" in refused
    )
    assert "core-harness data pull go" in refused
    done = core_harness(*vote, *before, *without, cwd=folder)
    assert "uses coessentiality; nothing is left of go-bp, go-cc, reactome, string" in done.stderr
    write_annotations(folder / "data")
    done = core_harness(*vote, *before, *without, cwd=folder)
    assert "uses go-bp, go-cc, coessentiality; nothing is left of reactome, string" in done.stderr
    card = (
        "explain",
        "--perturbation",
        "BAX",
        "--gene",
        "G",
        "-d",
        "perturbqa/k562",
        "-s",
        "voting-one-step",
    )
    shown = json.loads(
        core_harness(*card, *before, "-p", "retriever.layers=go-bp", "--json", cwd=folder).stdout
    )
    assert [voter["neighbour"] for voter in shown["card"]["voters"]] == [
        "P53"
    ]  # MDM2's annotation is of 2023
    nothing = core_harness(*vote, "-p", "retriever.before=1999-01", cwd=folder, code=2).stderr
    assert "nothing is left before 1999-01 of go-bp, go-cc, reactome, coessentiality, string" in nothing


def test_path_says_what_is_shared_the_rarest_first(folder: Path) -> None:
    report = json.loads(core_harness("kg", "path", "P53", "MDM2", "--json", cwd=folder).stdout)
    assert report["a"] == {"name": "P53", "gene": "TP53"}
    layers = {layer["name"]: layer for layer in report["layers"]}
    assert layers["go-bp"]["shared"] == [
        {"set": "GO:0030330", "genes": 2, "name": "p53 signalling"},
        {"set": "GO:0006915", "genes": 4, "name": "apoptotic process"},
    ]
    assert layers["coessentiality"]["shared"] == [{"set": "7", "genes": 3, "name": "process:p53"}]
    assert layers["string"]["edge"] == 0.999
    assert layers["string"]["shared"] == [{"gene": "BAX", "weight_a": 0.7, "weight_b": 0.45, "links": 2}]
    assert layers["words"]["shared"][:2] == [
        {"set": "p53", "genes": 2, "name": None},
        {"set": "signalling", "genes": 2, "name": None},
    ]
    assert layers["string-experiments"]["edge"] == pytest.approx(0.95)
    assert layers["string-coexpression"]["edge"] == 0.1
    assert layers["gene-name"]["shared"] == []
    kernels = {name: layer["kernel"] for name, layer in layers.items()}
    assert kernels.pop("go-mf") is None
    assert kernels.pop("gene-name") is None
    edges = [kernels.pop(name) for name in ("string", *CHANNELS)]
    assert report["weight"] == pytest.approx(0.5 * sum(kernels.values()) / 5 + 0.5 * sum(edges) / 4)

    shown = core_harness("kg", "path", "P53", "MDM2", cwd=folder).stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == "P53 is TP53"
    assert lines[1] == f"TP53 and MDM2: weight {report['weight']:.3f}"
    assert lines[3].endswith("GO:0030330 p53 signalling (2 genes)")
    assert "BAX (2 links; TP53 0.700, MDM2 0.450)" in lines
    assert any(line.endswith("a direct edge of weight 0.999") for line in lines)


def test_path_of_two_that_share_nothing(folder: Path) -> None:
    with gzip.open(folder / "data" / "kg" / "string_v12_no_textmining.tsv.gz", "at") as file:
        file.write("FAR1\tFAR2\t0\t0\t0\t0\t0\t0\t900\n")
    report = json.loads(core_harness("kg", "path", "FAR1", "CASP9", "--json", cwd=folder).stdout)
    assert report["weight"] == 0
    assert all(layer["shared"] == [] for layer in report["layers"])
    assert "no edge, no neighbour" in core_harness("kg", "path", "FAR1", "CASP9", cwd=folder).stdout


@pytest.mark.parametrize("ending", ["nt", "ttl", "trig.gz"])
def test_export_is_read_back_equal(folder: Path, ending: str) -> None:
    said = core_harness("kg", "export", f"out.{ending}", cwd=folder).stdout
    assert said.startswith(f"out.{ending}: {', '.join(LAYERS)}; 47 memb")
    registry = shipped_registry()
    graph = open_graph(folder / "data", registry.layer, registry.aliases, folder / "cache")
    back = read_graph(folder / f"out.{ending}")
    assert [layer.name for layer in back.layers] == [layer.name for layer in graph.layers]
    assert all(m.frame.equals(t.frame) for m, t in zip(graph.layers, back.layers, strict=True))
    assert back.symbols.table.equals(graph.symbols.table)


def test_codes_and_dates_are_exported(folder: Path) -> None:
    write_annotations(folder / "data")
    core_harness("kg", "export", "out.trig", cwd=folder)
    registry = shipped_registry()
    graph = open_graph(folder / "data", registry.layer, registry.aliases, folder / "cache")
    for layer, back in zip(graph.layers, read_graph(folder / "out.trig").layers, strict=True):
        assert (back.date, back.of) == (layer.date, layer.of)
        assert back.set_names.equals(layer.set_names) if layer.kind == "sets" else True
        assert (back.annotations is None) == (layer.annotations is None)
        if layer.annotations is not None and back.annotations is not None:
            assert back.annotations.equals(layer.annotations)
    assert (
        'kg:evidence "IDA" ;\n    dcterms:created "2004-09-15"^^xsd:date' in (folder / "out.trig").read_text()
    )


def test_export_of_some_layers_leaves_the_aliases_out(folder: Path) -> None:
    core_harness("kg", "export", "out.ttl", "-l", "string", "--layer", "go-cc", cwd=folder)
    text = (folder / "out.ttl").read_text()
    assert "HGNC:11998 a biolink:Gene" in text
    assert "<https://spdx.org/licenses/CC-BY-4.0>" in text
    assert 'GO:0005634 rdfs:label "nucleus" .' in text
    assert "P53" not in text.replace("TP53", "")
    assert [layer.name for layer in read_graph(folder / "out.ttl").layers] == ["go-cc", "string"]


def test_a_dataset_may_bring_its_own_graph(tmp_path: Path) -> None:
    report = json.loads(core_harness("kg", "show", "-d", "simulated", "--json", cwd=tmp_path).stdout)
    assert [layer["name"] for layer in report["layers"]] == ["modules", "interactions"]
    assert report["coverage"]["known"] == report["coverage"]["perturbations"] == 300
    assert "SIMULATED" in core_harness("kg", "show", "-d", "simulated", cwd=tmp_path).stdout
    core_harness("kg", "export", "out.trig", "-d", "simulated", cwd=tmp_path)
    assert "SIMULATED" in (tmp_path / "out.trig").read_text()
    edge = read_graph(tmp_path / "out.trig").layers[1].frame.sort("weight").row(-1, named=True)
    path = core_harness("kg", "path", edge["a"], edge["b"], "-d", "simulated", cwd=tmp_path).stdout
    assert f"a direct edge of weight {edge['weight']:.3f}" in path
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["path", "TP35", "MDM2"], 2, "'TP35' is in no layer of the graph; did you mean TP53?"),
        (["path", "TP53", "mdm2"], 2, "'mdm2' is in no layer of the graph; did you mean MDM2?"),
        (["path", "TWO", "MDM2"], 2, "'TWO' is a name of several genes; did you mean BAX or MDM2?"),
        (["path", "TP53", "P53"], 2, "'TP53' and 'P53' are one gene, TP53; name two"),
        (["path", "TP53", "MDM2", "--retriever", "kgg"], 2, "unknown retriever 'kgg'; did you mean 'kg'?"),
        (["export", "out.rdf"], 3, "out.rdf does not end in .nt (N-Triples), .ttl (Turtle) or .trig (TriG)"),
        (["export", "no/out.nt"], 3, "no/out.nt cannot be written: No such file or directory"),
        (["export", "out.nt", "-l", "sting"], 2, "unknown layer 'sting'; did you mean 'string' or"),
        (["show", "-d", "perturbqa/k526"], 2, "unknown dataset 'perturbqa/k526'"),
        (["show", "-d", "perturbqa/hepg2"], 3, "hepg2-de.csv is not on this machine"),
    ],
)
def test_bad_input_is_one_line_and_an_exit_code(
    folder: Path, arguments: list[str], code: int, message: str
) -> None:
    done = core_harness("kg", *arguments, cwd=folder, code=code)
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert not list(folder.glob("out*"))


def test_absent_data_name_the_command_that_gets_them(tmp_path: Path) -> None:
    for command in (["build"], ["show"], ["path", "A", "B"], ["export", "out.nt"]):
        done = core_harness("kg", *command, cwd=tmp_path, code=3)
        assert "core-harness data pull kg" in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_neither_help_nor_an_evaluation_imports_rdf_libraries() -> None:
    program = (
        "import sys\n"
        "from core_harness.cli import cli\n"
        "cli(['kg', 'path', '--help'], standalone_mode=False)\n"
        "assert not {'polars', 'numpy', 'rich'} & set(sys.modules)\n"
        "from core_harness import evaluate\n"
        "evaluate('simulated', 'voting')\n"
        "print(sorted({'rdflib', 'pyoxigraph'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_names_from_files_cannot_paint_the_terminal(folder: Path) -> None:
    gmt = folder / "data" / "kg" / "ReactomePathways_2024-09-18.gmt"
    gmt.write_text("\x1b[31mred [bold]\tx\tTP53\tMDM2\n")
    shown = core_harness("kg", "path", "TP53", "MDM2", cwd=folder).stdout
    assert "\x1b" not in shown
    assert "?[31mred [bold] (2 genes)" in shown
    assert pl.Series(shown.splitlines()).str.len_chars().max() <= 200  # type: ignore[operator]
