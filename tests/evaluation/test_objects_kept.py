"""What a record and a session keep of objects of Python: no secrets, and no object in place of another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from evaluation.test_objects import Mine, World, recorded
from small_runs import made

from core_harness import Session, audit, evaluate
from core_harness.analysis.audit import DatasetAudit
from core_harness.errors import PluginError


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))


def test_a_session_tells_objects_apart_whose_records_hide_what_differs() -> None:
    class Secretly(World):
        def __init__(self, token: str) -> None:
            super().__init__(int(token))
            self.token = token

    session = Session()
    asked = [
        evaluate(Secretly(token), "constant", session=session)[0].report.coverage.pairs
        for token in ("30", "60")
    ]
    assert asked[0] < asked[1]


class Keyed(Mine):
    """It keeps secrets, one of them in a table."""

    def __init__(
        self, apikey: str = "", headers: Mapping[str, str] | None = None, n: object = (1, 2)
    ) -> None:
        super().__init__()
        self.apikey = apikey
        self.headers = headers
        self.n = n


def test_secrets_of_objects_are_in_no_record_and_no_name(tmp_path: Path) -> None:
    keyed = Keyed("sk-one", {"Authorization": "Bearer sk-two", "Accept": "text"})
    (run,) = made(tmp_path, ["voting"], aggregator=keyed)
    assert recorded(run).parameters["headers"] == {"Authorization": "(not shown)", "Accept": "text"}
    everything = "".join(f"{path} {path.read_bytes()!r}" for path in run.folder.rglob("*") if path.is_file())
    assert "sk-" not in everything
    assert "n=" not in run.manifest.method.label  # the default, though JSON has no tuples


def test_an_object_is_audited_as_a_dataset_is() -> None:
    found = audit(World(60))
    assert isinstance(found, DatasetAudit)
    assert (found.dataset, found.simulated) == ("World@python", True)
    assert found.pairs == evaluate(World(60), "constant")[0].report.coverage.pairs


class Moody(Mine):
    """An attribute of it cannot be read."""

    def __init__(self, mood: str = "") -> None:
        super().__init__()

    @property
    def mood(self) -> str:
        raise RuntimeError("not today")


def test_an_attribute_that_fails_is_one_line() -> None:
    with pytest.raises(PluginError, match="'Moody' of python failed in its attributes: RuntimeError: not"):
        evaluate("simulated", "voting", aggregator=Moody())
