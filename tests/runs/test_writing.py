"""One process at a time writes a run folder, and each file is whole or not there."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from core_harness.errors import RunError
from core_harness.runs.writing import LOCK, write_whole, written_by_us

CONTEXT = multiprocessing.get_context("fork")


def hold(folder: Path, pipe: Connection) -> None:
    with written_by_us(folder):
        pipe.send("held")
        pipe.recv()


def start(folder: Path) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    """Start a process that holds a folder; it holds it by now."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=hold, args=(folder, theirs))
    process.start()
    theirs.close()
    assert ours.recv() == "held"
    return process, ours


def refusal(folder: Path) -> str:
    with pytest.raises(RunError) as error, written_by_us(folder):
        pass
    return str(error.value)


def test_a_second_process_on_a_run_folder_is_refused_with_the_first(tmp_path: Path) -> None:
    process, pipe = start(tmp_path)
    said = f"is being written by process {process.pid} on {socket.gethostname()}; wait until it ends"
    assert said in refusal(tmp_path)
    assert said in refusal(tmp_path)  # being refused changes nothing
    pipe.send("end")
    process.join()
    assert process.exitcode == 0
    with written_by_us(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"process {os.getpid()} on {socket.gethostname()}\n"
        assert str(os.getpid()) in refusal(tmp_path)  # not even by this process
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_holds_no_run_folder(tmp_path: Path) -> None:
    process, _ = start(tmp_path)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert (tmp_path / LOCK).exists()
    with written_by_us(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_is_a_link_or_no_file_is_one_line(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("stays")
    (tmp_path / LOCK).symlink_to(other)
    assert "cannot write" in refusal(tmp_path)
    (tmp_path / LOCK).unlink()
    (tmp_path / LOCK).mkdir()
    assert "cannot write" in refusal(tmp_path)
    assert other.read_text() == "stays"


def test_a_folder_that_vanishes_meanwhile_is_no_error_of_the_lock(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    with written_by_us(folder):
        (folder / LOCK).unlink()
        folder.rmdir()
    with pytest.raises(RunError, match=r"cannot write .*: No such file or directory"):
        write_whole(folder / "run.json", b"{}")


def test_a_file_is_replaced_whole_whatever_is_left_of_an_earlier_attempt(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    os.mkfifo(tmp_path / "report.json.tmp")  # opening it would wait for a reader
    write_whole(path, b"first")
    other = tmp_path / "other"
    other.write_text("stays")
    (tmp_path / "report.json.tmp").symlink_to(other)
    write_whole(path, b"second")
    assert (path.read_bytes(), other.read_text()) == (b"second", "stays")
    assert {entry.name for entry in tmp_path.iterdir()} == {"report.json", "other"}


def killed_at(path: Path, bytes_written: int) -> None:
    """Write a file, and be killed by the kernel at some byte of it."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_written, bytes_written))
    write_whole(path, b"n" * 1000)


@pytest.mark.parametrize("at", [1, 500, 999])
def test_what_is_killed_while_it_writes_leaves_the_earlier_file(at: int, tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    path.write_bytes(b"earlier")
    process = CONTEXT.Process(target=killed_at, args=(path, at))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGXFSZ
    assert path.read_bytes() == b"earlier"
    assert path.with_name("predictions.parquet.tmp").stat().st_size == at
    write_whole(path, b"later")
    assert [entry.name for entry in tmp_path.iterdir()] == ["predictions.parquet"]
    assert path.read_bytes() == b"later"
