"""One download over real HTTP on the loopback interface: whole, or one line and no file."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from publisher import Publisher, publisher

from core_harness.data.sources.download import fetch
from core_harness.errors import DownloadError
from core_harness.registry.entries import Download

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


def get(web: Publisher, folder: Path, *, sha256: str | None = None) -> bytes:
    return fetch(
        Download(url=URL, sha256=sha256), folder, mirror=web.address, progress=silent, patience=0
    ).read_bytes()


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_download_is_there_whole_under_its_name(web: Publisher, tmp_path: Path) -> None:
    reported: list[tuple[str, int, int]] = []
    path = fetch(
        Download(url=URL, sha256=hashlib.sha256(CONTENT).hexdigest()),
        tmp_path / "new",
        mirror=web.address + "/",
        progress=lambda *now: reported.append(now),
    )
    assert path == tmp_path / "new" / "one.csv"
    assert path.read_bytes() == CONTENT
    assert reported[-1] == ("one.csv", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in reported] == sorted(done for _, done, _ in reported)
    (request,) = web.requests
    assert request.headers["user-agent"].startswith("core-harness/")
    assert request.headers["accept-encoding"] == "identity"


def test_what_is_cut_off_goes_on_where_it_ended(web: Publisher, tmp_path: Path) -> None:
    web.faults[PATH] = [-98_304, -98_304]
    assert get(web, tmp_path) == CONTENT
    assert [request.range for request in web.requests] == [None, "bytes=98304-", "bytes=196608-"]


@pytest.mark.parametrize("cuts", [20, 6])
def test_a_file_that_comes_in_many_pieces_comes_in_the_end(cuts: int, web: Publisher, tmp_path: Path) -> None:
    web.faults[PATH] = [-(len(CONTENT) // (cuts + 1))] * cuts
    assert get(web, tmp_path) == CONTENT


@pytest.mark.parametrize(
    ("ranges", "validator", "asked"),
    [
        (False, "etag", [None, "bytes=98304-"]),
        (True, "date", [None, "bytes=98304-"]),
        (True, "weak", [None, None]),
        (True, "none", [None, None]),
    ],
)
def test_what_cannot_be_gone_on_with_begins_again(
    ranges: bool, validator: Any, asked: list[str | None], web: Publisher, tmp_path: Path
) -> None:
    web.ranges, web.validator = ranges, validator
    web.faults[PATH] = [-98_304]
    assert get(web, tmp_path) == CONTENT
    assert [request.range for request in web.requests] == asked


@pytest.mark.parametrize("newer", [CONTENT[::-1] + b"more", b"less"])
def test_two_versions_are_never_spliced(newer: bytes, web: Publisher, tmp_path: Path) -> None:
    web.faults[PATH] = [-98_304, newer]
    assert get(web, tmp_path) == newer


def test_a_file_of_unknown_length_that_breaks_off_begins_again(web: Publisher, tmp_path: Path) -> None:
    web.lengths = False
    web.validator = "none"
    web.faults[PATH] = [-98_304]
    assert get(web, tmp_path) == CONTENT


def test_a_busy_server_is_asked_again(web: Publisher, tmp_path: Path) -> None:
    web.faults[PATH] = [500, 503, 429, -98_304, 502]
    assert get(web, tmp_path) == CONTENT


def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("faults", "message", "requests"),
    [
        ([404], "one.csv cannot be got: the server answers 404 Not Found", 1),
        ([403], "one.csv cannot be got: the server answers 403 Forbidden", 1),
        ([500] * 9, "one.csv cannot be got: the server answers 500 Internal Server Error", 5),
        (["html"], "one.csv answers with a web page and not with the file", 1),
        ([-98_304, "other-part"], "one.csv answers with another part than asked for", 2),
    ],
)
def test_what_cannot_be_got_is_one_line_and_no_file(
    faults: list[Any], message: str, requests: int, web: Publisher, tmp_path: Path
) -> None:
    web.faults[PATH] = faults
    with pytest.raises(DownloadError) as caught:
        get(web, tmp_path)
    assert message in str(caught.value)
    assert web.address in str(caught.value)
    assert len(web.requests) == requests
    assert files_in(tmp_path) == []


def test_a_server_that_always_breaks_off_at_the_same_place(web: Publisher, tmp_path: Path) -> None:
    web.ranges = False
    web.faults[PATH] = [-98_304] * 20
    with pytest.raises(DownloadError, match=f"breaks off after 98304 of {len(CONTENT)} bytes"):
        get(web, tmp_path)
    assert len(web.requests) == 6
    assert files_in(tmp_path) == []


def test_a_wrong_digest(web: Publisher, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=f"does not have the recorded SHA-256 digest {'0' * 64}"):
        get(web, tmp_path, sha256="0" * 64)
    assert files_in(tmp_path) == []


def test_no_network(tmp_path: Path) -> None:
    with pytest.raises(
        DownloadError, match=r"one\.csv cannot be reached \(\[Errno \d+\] Connection refused\)"
    ):
        fetch(Download(url=URL), tmp_path, mirror=closed_port(), progress=silent, patience=0)
    assert files_in(tmp_path) == []
