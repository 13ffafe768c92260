from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core_harness.errors import RunError
from core_harness.llm import Cache, Journal, Price, Reply, Tokens

REPLY = Reply(text="ANSWER: yes", model="simulated/always-plausible", simulated=True)


def fill(path: Path, name: str, number: int) -> None:
    with Cache(path) as cache:
        for n in range(number):
            cache.put([(f"{name}-{n}", REPLY)], "m")
            assert cache.get([f"{name}-{n}"]) == {f"{name}-{n}": REPLY}


@pytest.mark.slow
def test_processes_write_at_once_and_none_is_locked_out(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "replies.sqlite"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=fill, args=(path, f"w{n}", 150)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    with Cache(path) as cache:
        assert [model.replies for model in cache.show()] == [450]


def begin_and_die(path: Path) -> None:
    journal = Journal(path)
    first = journal.begin("a", 1, Tokens(100, 10), None)
    journal.answered(first, "a", REPLY, model="m", used=Tokens(20, 2))
    journal.begin("b", 1, Tokens(100, 10), None)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_process_leaves_what_it_had_written(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    child = multiprocessing.get_context("spawn").Process(target=begin_and_die, args=(path,))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    with Journal(path) as journal:
        assert journal.stored(["a", "b"]) == {"a": REPLY}
        assert journal.close_lost() == 1
        assert journal.close_lost() == 0
        spent = journal.spent(Price(prompt=1.0, completion=10.0, date="2026-11-01"))
    # what was in flight is charged by its bound
    assert (spent.calls, spent.tokens) == (2, 132)
    assert spent.cost == pytest.approx((120 + 120) / 1e6)


def test_a_run_folder_stands_alone(tmp_path: Path) -> None:
    with Cache(tmp_path / "cache.sqlite") as cache:
        cache.put([("a", REPLY)], "m")
        with Journal(tmp_path / "replies.sqlite", cache=cache) as journal:
            journal.adopt(journal.cached(["a", "b"]))
    with Journal(tmp_path / "replies.sqlite") as journal:
        assert journal.stored(["a", "b"]) == {"a": REPLY}
        assert journal.cached(["a"]) == {}


def test_replies_go_to_the_cache_as_they_come(tmp_path: Path) -> None:
    with Cache(tmp_path / "cache.sqlite") as cache:
        with Journal(None, cache=cache) as journal:
            journal.answered(
                journal.begin("a", 1, Tokens(1, 1), None), "a", REPLY, model="m", used=Tokens(1, 1)
            )
        assert cache.get(["a"]) == {"a": REPLY}


def test_the_first_reply_stays(tmp_path: Path) -> None:
    with Cache(tmp_path / "cache.sqlite") as cache:
        cache.put([("a", REPLY)], "m")
        cache.put([("a", Reply(text="another", model="m"))], "m")
        assert cache.get(["a"]) == {"a": REPLY}


def test_what_the_cache_shows_and_prunes(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with Cache(path) as cache:
        cache.put([(f"a{n}", REPLY) for n in range(3)], "hosted_vllm/a")
        cache.put([("b", Reply(text="ü", model="b-2026"))], "openai/b")
        with closing(sqlite3.connect(path)) as other:
            other.execute("UPDATE replies SET stored = stored - 10 * 86400 WHERE key = 'a0'")
            other.commit()
        shown = cache.show()
        assert [(m.model, m.answered, m.replies) for m in shown] == [
            ("hosted_vllm/a", "simulated/always-plausible", 3),
            ("openai/b", "b-2026", 1),
        ]
        assert shown[0].newest - shown[0].oldest == pytest.approx(10 * 86400, abs=60)
        assert shown[1].size == len(Reply(text="ü", model="b-2026").to_json().encode())
        assert cache.prune(older_than=11) == 0
        assert cache.prune(older_than=9) == 1
        assert cache.prune(model="openai/c") == 0
        assert cache.prune(model="simulated/*") == 2
        assert cache.prune() == 1
        assert cache.show() == []


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    path.write_text("this is no database, but long enough to be looked at by one\n" * 100)
    with pytest.raises(RunError, match=r"replies\.sqlite cannot be opened: file is not a database"):
        Journal(path)


def test_a_folder_in_place_of_a_store(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be opened"):
        Cache(tmp_path)


def test_a_store_of_another_version(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(RunError, match="schema version 99, this core-harness reads 1"):
        Cache(path)


def written(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("PRAGMA user_version = 1", *statements):
            connection.execute(statement)
        connection.commit()
    return path


def test_a_journal_of_anyone_is_read_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"a b?&#%41\xff")
    with Journal(path) as journal:
        journal.adopt({"a": REPLY})
    before = path.read_bytes()
    with Journal(path, untrusted=True) as journal:
        assert journal.stored(["a", "b"]) == {"a": REPLY}
        with pytest.raises(RunError, match="readonly"):
            journal.adopt({"b": REPLY})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_journal_of_a_killed_run_is_read_with_what_is_in_its_log(tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    killed.mkdir()
    with Journal(tmp_path / "replies.sqlite") as journal:
        journal.adopt({"a": REPLY})
        for file in ("replies.sqlite", "replies.sqlite-wal"):  # as they are while the run goes on
            shutil.copyfile(tmp_path / file, killed / file)
    before = {file.name: file.read_bytes() for file in killed.iterdir()}
    with Journal(killed / "replies.sqlite", untrusted=True) as journal:
        assert journal.stored() == {"a": REPLY}
    assert {file.name: file.read_bytes() for file in killed.iterdir()} == before


_ENDLESS = (
    "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT 'a' AS key, x AS reply FROM n"
)
_TABLE = "CREATE TABLE replies (key TEXT, reply TEXT)"


@pytest.mark.parametrize(
    "statements",
    [
        (f"CREATE VIEW replies AS {_ENDLESS}",),
        ("CREATE TABLE others (key TEXT)",),
        (_TABLE, "INSERT INTO replies VALUES ('a', 'no JSON')"),
        (_TABLE, "INSERT INTO replies VALUES ('a', '[1]')"),
        (_TABLE, "INSERT INTO replies VALUES ('a', 5)"),
        (_TABLE, """INSERT INTO replies VALUES ('a', '{"text": 5, "model": "m"}')"""),
        (_TABLE, """INSERT INTO replies VALUES ('a', '{"text": "x", "model": "m", "logprobs": 7}')"""),
        (_TABLE, """INSERT INTO replies VALUES ('a', '{"text": "x", "model": "m", "other": 7}')"""),
        (_TABLE, "INSERT INTO replies VALUES ('a', replace(hex(zeroblob(5000000)), '0', '[['))"),
        (_TABLE, "INSERT INTO replies VALUES ('a', hex(zeroblob(10000000)))"),
        (_TABLE, "PRAGMA user_version = 7"),
    ],
)
def test_a_hostile_journal_is_one_line(statements: tuple[str, ...], tmp_path: Path) -> None:
    path = written(tmp_path / "replies.sqlite", *statements)
    with pytest.raises(RunError, match=r"replies\.sqlite"), Journal(path, untrusted=True) as journal:
        journal.stored(["a"])


def test_a_journal_that_is_no_regular_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    os.mkfifo(path)
    with pytest.raises(RunError, match="no regular file"):
        Journal(path, untrusted=True)
    path.unlink()
    path.symlink_to(written(tmp_path / "other", _TABLE))
    with pytest.raises(RunError, match="no regular file"):
        Journal(path, untrusted=True)
    path.unlink()
    path.write_bytes(b"SQLite format 3\x00" + os.urandom(5000))
    with pytest.raises(RunError, match=r"replies\.sqlite"):
        Journal(path, untrusted=True)


def test_a_clock_that_jumps_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([2e9, -5.0, 1e9, 0.0, 4e9])
    monkeypatch.setattr("core_harness.llm.journal.time.time", lambda: next(clock))
    with (
        Cache(tmp_path / "cache.sqlite") as cache,
        Journal(tmp_path / "replies.sqlite", cache=cache) as journal,
    ):
        attempt = journal.begin("a", 1, Tokens(1, 1), None)
        journal.answered(attempt, "a", REPLY, model="m", used=Tokens(1, 1))
        journal.failed(journal.begin("b", 1, Tokens(1, 1), None), "500", Tokens(0, 0), None)
        assert journal.stored(["a", "b"]) == cache.get(["a", "b"]) == {"a": REPLY}
        assert [outcome for *_, outcome in journal.attempts()] == ["answered", "500"]
