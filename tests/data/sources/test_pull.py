"""A source: its files come to the data folder all together, are recorded, and are checked."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from publisher import HGNC, REACTOME, Publisher, publisher, zipped

from core_harness.data.sources.manifest import Record, holdings, read_manifest
from core_harness.data.sources.pull import lacking, pull
from core_harness.errors import DataError, DownloadError
from core_harness.registry.entries import Download, SourceEntry

URL = "https://data.example/screens/one.csv"
PATH = "/data.example/screens/one.csv"
CONTENT = bytes(range(256)) * 1024


@pytest.fixture
def web() -> Iterator[Publisher]:
    with publisher() as server:
        server.files[PATH] = CONTENT
        yield server


def silent(what: str, done: int, total: int) -> None:
    pass


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


TWO = SourceEntry.model_validate(
    {
        "name": "two",
        "collection": "screens",
        "summary": "two screens",
        "release": "1",
        "licence": "CC0-1.0",
        "terms": "https://data.example/licence",
        "megabytes": 1,
        "downloads": [{"url": URL}, {"url": "https://data.example/screens/two.csv"}],
        "files": ["screens/a.csv", "screens/b.csv"],
    }
)
Pull = Callable[[SourceEntry], dict[str, Record]]
SECOND = "/data.example/screens/two.csv"
ZIP = TWO.model_copy(
    update={
        "name": "zip",
        "downloads": (Download(url="https://data.example/sets.zip"),),
        "files": ("kg/sets.gmt",),
        "convert": "unzip",
    }
)


@pytest.fixture
def pulling(web: Publisher, tmp_path: Path) -> Pull:
    web.files[SECOND] = b"second"
    return lambda source: pull(source, tmp_path / "data", mirror=web.address, progress=silent, patience=0)


def test_files_come_to_their_places_and_are_recorded(pulling: Pull, web: Publisher, tmp_path: Path) -> None:
    assert list(pulling(TWO)) == ["screens/a.csv", "screens/b.csv"]
    data = tmp_path / "data"
    assert files_in(data) == ["screens/a.csv", "screens/b.csv", "sources.json"]
    assert (data / "screens" / "a.csv").read_bytes() == CONTENT
    digest = hashlib.sha256(b"second").hexdigest()
    recorded = json.loads((data / "sources.json").read_text())
    assert recorded["schema_version"] == 1
    record = recorded["files"]["screens/b.csv"]
    assert record.pop("date")[:2] == "20"
    assert record == {
        "source": "two",
        "release": "1",
        "licence": "CC0-1.0",
        "bytes": 6,
        "sha256": digest,
        "downloads": [{"url": web.address + SECOND, "bytes": 6, "sha256": digest}],
    }
    assert [h.state for h in holdings(data, TWO)] == ["whole", "whole"]


def test_what_is_there_is_not_got_again(pulling: Pull, web: Publisher) -> None:
    pulling(TWO)
    web.requests.clear()
    assert pulling(TWO) == {}
    assert web.requests == []


def test_a_file_that_was_not_pulled_stays_and_only_the_absent_one_is_pulled(
    pulling: Pull, web: Publisher, tmp_path: Path
) -> None:
    own = tmp_path / "data" / "screens" / "a.csv"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    assert list(pulling(TWO)) == ["screens/b.csv"]
    assert own.read_text() == "mine"
    assert [request.path for request in web.requests] == [SECOND]
    assert [h.state for h in holdings(tmp_path / "data", TWO)] == ["own", "whole"]


def test_of_files_that_are_made_together_one_that_was_not_pulled_stays(
    pulling: Pull, web: Publisher, tmp_path: Path
) -> None:
    genes = TWO.model_copy(
        update={
            "downloads": TWO.downloads[:1],
            "convert": "hgnc",
            "files": ("kg/aliases.gz", "kg/genes.tsv", "kg/ensembl.gz"),
        }
    )
    web.files[PATH] = HGNC.encode()
    own = tmp_path / "data" / "kg" / "genes.tsv"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    assert list(pulling(genes)) == ["kg/aliases.gz", "kg/ensembl.gz"]
    assert own.read_text() == "mine"


def test_what_was_changed_or_is_of_another_release_is_got_again(
    pulling: Pull, web: Publisher, tmp_path: Path
) -> None:
    pulling(TWO)
    data = tmp_path / "data"
    (data / "screens" / "b.csv").write_bytes(b"sec0nd")
    assert [h.state for h in holdings(data, TWO)] == ["whole", "changed"]
    assert list(pulling(TWO)) == ["screens/b.csv"]
    newer = TWO.model_copy(update={"release": "2"})
    assert [h.state for h in holdings(data, newer)] == ["older", "older"]
    web.files[SECOND] = b"second edition"
    pulling(newer)
    assert (data / "screens" / "b.csv").read_bytes() == b"second edition"
    assert lacking(data, newer) == []


def test_a_source_that_fails_half_way_changes_nothing(pulling: Pull, web: Publisher, tmp_path: Path) -> None:
    del web.files[SECOND]
    with pytest.raises(DownloadError, match="404"):
        pulling(TWO)
    assert list((tmp_path / "data").iterdir()) == []


def test_an_interrupt_leaves_nothing(web: Publisher, tmp_path: Path) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(TWO, tmp_path, mirror=web.address, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (zipped({"../../evil.gmt": "x"}), "holds '../../evil.gmt', a path that leads out of the archive"),
        (zipped({"/etc/evil.gmt": "x"}), "holds '/etc/evil.gmt', a path that leads out"),
        (zipped({"..\\evil.gmt": "x"}), "a path that leads out"),
        (zipped({"a.gmt": "x", "b.gmt": "y"}), "should hold one file, not 2"),
        (zipped({}), "should hold one file, not 0"),
        (zipped({"a.gmt": "x" * 1000})[:-30], "is not a whole zip archive"),
        (b"<html>", "is not a whole zip archive"),
    ],
)
def test_an_archive_that_is_not_the_published_one(
    archive: bytes,
    message: str,
    pulling: Pull,
    web: Publisher,
    tmp_path: Path,
) -> None:
    web.files["/data.example/sets.zip"] = archive
    with pytest.raises(DownloadError) as caught:
        pulling(ZIP)
    assert message in str(caught.value)
    assert "not kept" in str(caught.value)
    assert list((tmp_path / "data").iterdir()) == []
    assert not list(tmp_path.parent.rglob("evil*"))


def test_an_archive_is_unpacked(pulling: Pull, web: Publisher, tmp_path: Path) -> None:
    web.files["/data.example/sets.zip"] = zipped({"sets.gmt": REACTOME})
    record = pulling(ZIP)["kg/sets.gmt"]
    assert (tmp_path / "data" / "kg" / "sets.gmt").read_text() == REACTOME
    assert record.downloads[0].sha256 != record.sha256 == hashlib.sha256(REACTOME.encode()).hexdigest()


SMALL_FILES_ONLY = f"""
import resource, sys
from pathlib import Path
from core_harness.errors import HarnessError
from core_harness.registry.entries import SourceEntry
from core_harness.data.sources.pull import pull
resource.setrlimit(resource.RLIMIT_FSIZE, (98_304, 98_304))
source = SourceEntry.model_validate({TWO.model_dump(mode="json")!r})
try:
    pull(source, Path(sys.argv[1]), mirror=sys.argv[2], progress=print)
except HarnessError as error:
    sys.exit(f"Error {{error.exit_code}}: {{error}}")
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="this system has no limit on file sizes")
def test_a_full_disk_is_one_line_and_no_file(web: Publisher, tmp_path: Path) -> None:
    web.files[SECOND] = b"second"
    done = subprocess.run(
        [sys.executable, "-c", SMALL_FILES_ONLY, str(tmp_path), web.address],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == (
        f"Error 7: two cannot be written to {tmp_path}: File too large; make room there, or name another "
        "folder in CORE_HARNESS_DATA\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(web: Publisher, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DownloadError, match="Permission denied"):
        pull(TWO, tmp_path / "data", mirror=web.address, progress=silent)


def test_a_data_folder_that_is_a_file(web: Publisher, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(DataError, match="cannot be read: Not a directory"):
        pull(TWO, tmp_path / "data", mirror=web.address, progress=silent)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"schema_version": 2}', '{"files": {"a": {}}}', '{"file": {}}']
)
def test_a_damaged_manifest_is_one_line(content: str, tmp_path: Path) -> None:
    (tmp_path / "sources.json").write_text(content)
    with pytest.raises(DataError, match=r"sources\.json is damaged \(.*delete it"):
        read_manifest(tmp_path)
