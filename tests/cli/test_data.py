"""``core-harness data`` as users run it, with a publisher on the loopback interface."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import ENVIRONMENT, run_here
from publisher import KG, Publisher, publisher

PERTURBQA = "/raw.githubusercontent.com/genentech/PerturbQA/main/perturbqa/datasets/"
ROWS = "pert,gene,label,split\nABC1,X,1,train\nDEF,X,0,train\nGHI,X,1,test\nJKL,X,0,test\n"
LINES = ("k562", "rpe1", "hepg2", "jurkat", "k562_set")


@pytest.fixture
def web() -> Iterator[Publisher]:
    with publisher() as server:
        server.files.update(KG)
        for line in LINES:
            server.files.update({f"{PERTURBQA}{line}-{task}.csv": ROWS.encode() for task in ("de", "dir")})
        server.files[f"{PERTURBQA}k562_set-mapping.json"] = b'{"1-set": ["ABC1"]}'
        yield server


def homes(folder: Path, web: Publisher | None) -> dict[str, str]:
    mirror = {} if web is None else {"CORE_HARNESS_MIRROR": web.address}
    own = {"CORE_HARNESS_DATA": str(folder / "data"), "CORE_HARNESS_CACHE": str(folder / "cache")}
    return {**own, **mirror}


def core_harness(
    *arguments: str, folder: Path, web: Publisher | None = None
) -> subprocess.CompletedProcess[str]:
    return run_here(*arguments, cwd=folder, **homes(folder, web))


def answer(reply: str, *arguments: str, folder: Path, web: Publisher) -> subprocess.CompletedProcess[str]:
    """Run a command with a terminal as its input, and type a reply."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, reply.encode())
        return subprocess.run(
            [sys.executable, "-m", "core_harness", *arguments],
            cwd=folder,
            stdin=terminal,
            capture_output=True,
            text=True,
            check=False,
            env={**ENVIRONMENT, **homes(folder, web)},
        )
    finally:
        os.close(keyboard)
        os.close(terminal)


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_eval_says_the_command_that_gets_its_data_and_runs_after_it(web: Publisher, tmp_path: Path) -> None:
    evaluate = ("eval", "-d", "perturbqa/hepg2", "-s", "gene-frequency", "--json")
    absent = core_harness(*evaluate, folder=tmp_path)
    assert absent.returncode == 3
    assert "`core-harness data pull perturbqa` gets it" in absent.stderr
    pulled = core_harness("data", "pull", "perturbqa", "--yes", folder=tmp_path, web=web)
    assert pulled.returncode == 0, pulled.stderr
    assert pulled.stderr == ""
    assert len(pulled.stdout.splitlines()) == 11
    assert "Genentech Non-Commercial Software License 1.0  sha256 " in pulled.stdout
    assert json.loads(core_harness(*evaluate, folder=tmp_path).stdout)["results"][0]["coverage"]["pairs"] == 2
    again = core_harness("data", "pull", "perturbqa", folder=tmp_path)
    assert (again.returncode, again.stdout) == (0, f"perturbqa: all there, in {tmp_path / 'data'}\n")


def test_the_files_of_the_graph_are_those_that_its_layers_read(web: Publisher, tmp_path: Path) -> None:
    sources = ("reactome", "go", "string", "hgnc")
    pulled = core_harness("data", "pull", *sources, "--yes", folder=tmp_path, web=web)
    assert pulled.returncode == 0, pulled.stderr
    # in place of the modules: the loopback publisher's are not those that were published
    header = "\t".join(["id", "b", "Most-enriched GO term", *"defghijk", "genes"])
    modules = f"{header}\n1" + "\t" * 11 + "OLD2\tGHI\n"
    (tmp_path / "data" / "kg" / "coessentiality_modules.tsv").write_text(modules)
    (tmp_path / "screen.csv").write_text(ROWS)
    evaluated = core_harness("eval", "-d", "table:screen.csv", "-s", "voting", "--json", folder=tmp_path)
    assert evaluated.returncode == 0, evaluated.stderr
    listed = json.loads(core_harness("data", "list", "--json", folder=tmp_path).stdout)
    states = {file["file"]: file["state"] for source in listed["sources"] for file in source["files"]}
    assert states.pop("kg/coessentiality_modules.tsv") == "own"
    assert states.pop("kg/mouse_orthologs.tsv.gz") == "absent"  # it is of tables of mouse cells
    assert {state for file, state in states.items() if file.startswith("kg/")} == {"whole"}


def test_a_wrong_digest_is_one_line_and_what_came_before_it_stays(web: Publisher, tmp_path: Path) -> None:
    done = core_harness("data", "pull", "reactome", "coessentiality", "--yes", folder=tmp_path, web=web)
    assert done.returncode == 7
    assert "does not have the recorded SHA-256 digest 9f081771" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert files_in(tmp_path / "data") == ["kg/ReactomePathways_2024-09-18.gmt", "sources.json"]


@pytest.mark.slow
def test_size_and_licences_are_accepted_at_a_terminal(web: Publisher, tmp_path: Path) -> None:
    refused = answer("n\n", "data", "pull", "reactome", folder=tmp_path, web=web)
    assert refused.returncode == 1
    assert not (tmp_path / "data").exists()
    assert web.requests == []
    accepted = answer("y\n", "data", "pull", "reactome", folder=tmp_path, web=web)
    assert accepted.returncode == 0, accepted.stderr
    assert "about 0.4 MB" in accepted.stderr
    assert "licence: CC0-1.0  https://reactome.org/license" in accepted.stderr
    assert accepted.stdout.startswith(str(tmp_path / "data" / "kg" / "ReactomePathways_2024-09-18.gmt"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["pull", "perturbqa"], 2, "perturbqa: Genentech Non-Commercial Software License 1.0, https://"),
        (["pull", "kg"], 2, "pass --yes to accept"),
        (["pull", "pertubqa"], 2, "unknown source 'pertubqa'; did you mean 'perturbqa'?"),
        (["pull", "go", "--yes", "--mirror", "ftp://x"], 2, "mirror 'ftp://x' is not an address"),
        (["pull", "go", "--yes"], 7, "go-basic.obo cannot be got: the server answers 404"),
        (["show", "kg2"], 2, "unknown source 'kg2'"),
        (["verify", "sting"], 2, "unknown source 'sting'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    arguments: list[str], code: int, message: str, web: Publisher, tmp_path: Path
) -> None:
    del web.files["/release.geneontology.org/2025-06-01/ontology/go-basic.obo"]
    done = core_harness("data", *arguments, folder=tmp_path, web=web)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert files_in(tmp_path) == []


def test_a_list_shows_what_is_there_and_what_is_not(web: Publisher, tmp_path: Path) -> None:
    core_harness("data", "pull", "go", "--yes", folder=tmp_path, web=web)
    (tmp_path / "data" / "perturbqa").mkdir()
    (tmp_path / "data" / "perturbqa" / "k562-de.csv").write_text(ROWS)
    lines = core_harness("data", "list", folder=tmp_path).stdout.splitlines()
    rows = {line.split()[0]: " ".join(line.split()) for line in lines[1:-1]}
    size = sum(path.stat().st_size for path in (tmp_path / "data" / "kg").iterdir())
    assert rows["go"] == f"go kg 2 of 2 {size / 1000:.1f} kB - 2025-06-01 CC-BY-4.0"
    assert rows["string"] == "string kg 0 of 1 - about 140 MB v12.0 CC-BY-4.0"
    assert rows["perturbqa"].startswith("perturbqa perturbqa 1 of 11, 1 own 0.1 kB about 15 MB branch main")
    assert lines[-1] == f"in {tmp_path / 'data'}"


def test_show_has_addresses_licence_and_files(web: Publisher, tmp_path: Path) -> None:
    core_harness("data", "pull", "go", "--yes", folder=tmp_path, web=web)
    shown = core_harness("data", "show", "go", folder=tmp_path).stdout
    assert "https://release.geneontology.org/2025-06-01/annotations/goa_human.gaf.gz" in shown
    assert "licence  CC-BY-4.0" in shown
    assert "kg/go_labels.tsv  whole" in shown
    content = json.loads(core_harness("data", "show", "go", "--json", folder=tmp_path).stdout)
    assert content["schema_version"] == 1
    assert [file["state"] for file in content["files"]] == ["whole", "whole"]
    assert len(content["files"][0]["sha256"]) == 64


def test_verify_finds_what_was_changed_or_lost(web: Publisher, tmp_path: Path) -> None:
    nothing = core_harness("data", "verify", folder=tmp_path)
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "`core-harness data pull all` gets it" in nothing.stderr
    core_harness("data", "pull", "go", "hgnc", "--yes", folder=tmp_path, web=web)
    good = core_harness("data", "verify", folder=tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.count("whole") == 5
    (tmp_path / "data" / "kg" / "go_labels.tsv").write_text("GO:1\tother\n")
    (tmp_path / "data" / "kg" / "hgnc_genes.tsv").unlink()
    bad = core_harness("data", "verify", "--json", folder=tmp_path)
    assert bad.returncode == 3
    states = {file["file"]: file["state"] for file in json.loads(bad.stdout)["files"]}
    assert states["kg/go_labels.tsv"] == "changed"
    assert states["kg/hgnc_genes.tsv"] == "absent"
    assert "2 of 5 files" in bad.stderr
    assert "`core-harness data pull go hgnc` gets them again" in bad.stderr
    mended = core_harness("data", "pull", "go", "hgnc", "--yes", folder=tmp_path, web=web)
    assert len(mended.stdout.splitlines()) == 2
    assert core_harness("data", "verify", "go", folder=tmp_path).returncode == 0


@pytest.mark.slow
def test_completion_knows_sources_and_collections(tmp_path: Path) -> None:
    words = {
        "_CORE_HARNESS_COMPLETE": "bash_complete",
        "COMP_WORDS": "core-harness data pull ",
        "COMP_CWORD": "3",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from core_harness.cli import main; main()"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**ENVIRONMENT, **words},
    )
    offered = {line.partition(",")[2] for line in done.stdout.splitlines()}
    assert {"all", "kg", "perturbqa", "string"} <= offered
