from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from core_harness.errors import UsageError
from core_harness.llm import Message, Reply, weighed
from core_harness.llm.answers import parse
from core_harness.llm.formats import UP_DOWN_NONE, instructions
from core_harness.testing import FAULTS, TestServer
from core_harness.testing.completion import complete
from core_harness.testing.reading import read
from core_harness.testing.scripted import SCRIPTED
from core_harness.vocabulary import Fault, ScriptedName

CONTRAST = """
Perturbation: MED12
Context: K562
Gene: MYC

Perturbations after which MYC {first}:
- MED13 (relatedness 0.9)
- CDK8 (relatedness 0.3)

Perturbations after which MYC {second}:
- POLR2A (relatedness 0.2)

Question: Is MYC differentially expressed?
"""


def probability(model: ScriptedName, text: str) -> float | None:
    reading = read([Message("user", text)])
    (item,) = reading.items
    return SCRIPTED[model](reading, item)


def test_a_prompt_is_read() -> None:
    text = (
        "Perturbation: A B\nGene: G1\n- some fact\n- N1 (relatedness 0.5): changed\n\n"
        "Gene: G2\n- N2: unchanged\n"
    )
    reading = read([Message("system", 'End with "ANSWER <item>: ".'), Message("user", text)])
    assert (reading.form, reading.perturbation) == ("yes-no-list", "A B")
    assert [(item.name, item.evidence, item.facts) for item in reading.items] == [
        ("G1", [(1, 0.5)], ["some fact"]),
        ("G2", [(0, 1.0)], []),
    ]


def test_the_evidence_is_followed() -> None:
    assert probability(
        "follows-evidence", CONTRAST.format(first="changed", second="unchanged")
    ) == pytest.approx(1.7 / 2.4)
    assert probability(
        "follows-evidence", CONTRAST.format(first="went down", second="went up")
    ) == pytest.approx(0.7 / 2.4)
    assert probability("follows-evidence", "Perturbation: A\nGene: B") is None


def test_the_first_group_wins() -> None:
    assert probability("position-biased", CONTRAST.format(first="changed", second="unchanged")) == 0.9
    assert probability("position-biased", CONTRAST.format(first="unchanged", second="changed")) == 0.1


def test_the_deaf_do_not_listen() -> None:
    one, other = (
        CONTRAST.format(first=a, second=b) for a, b in (("changed", "unchanged"), ("unchanged", "changed"))
    )
    assert probability("ignores-evidence", one) == probability("ignores-evidence", other)
    assert probability("ignores-evidence", one) != probability(
        "ignores-evidence", one.replace("MED12", "MED1")
    )


def test_what_is_always_plausible_knows_genes_only() -> None:
    said = np.array(
        [
            [probability("always-plausible", f"Perturbation: P{p}\nGene: G{g}") for p in range(3)]
            for g in range(200)
        ],
        dtype=float,
    )
    assert (said == said[:, :1]).all()
    assert 0.8 < (said >= 0.5).mean() < 1.0
    with_facts = "Perturbation: P\nGene: G1\n- member of a pathway\n"
    assert (probability("always-plausible", with_facts) or 0) > (
        probability("always-plausible", "Perturbation: P\nGene: G1") or 0
    )


def test_grades_are_shared_facts() -> None:
    text = "Perturbation: A\n- x\n- y\nCandidate: B\n- x\n- y\nCandidate: C\n- z\n"
    completion = complete("follows-evidence", {"messages": [{"role": "user", "content": text}]})
    reply = Reply(text=completion.content["choices"][0]["message"]["content"], model="m")
    assert [answer.value for answer in parse(reply, "grades", ["B", "C"])] == [1.0, 0.0]


@pytest.mark.parametrize("model", SCRIPTED)
@pytest.mark.parametrize("structured", [False, True])
def test_answers_are_in_the_grammar_and_depend_on_the_prompt_only(
    model: ScriptedName, structured: bool
) -> None:
    request = {
        "messages": [{"role": "user", "content": CONTRAST.format(first="changed", second="unchanged")}],
        "logprobs": True,
        "top_logprobs": 5,
        "response_format": {"type": "json_schema"} if structured else None,
    }
    completion = complete(model, request)
    assert complete(model, request) == completion
    assert completion.content["model"] == f"simulated/{model}"
    choice = completion.content["choices"][0]
    text = choice["message"]["content"]
    assert "".join(place["token"] for place in choice["logprobs"]["content"]) == text
    assert len(choice["logprobs"]["content"]) == completion.completion_tokens
    assert text.startswith("{") == structured
    (answer,) = parse(Reply(text=text, model="m"), "yes-no", ["MYC"])
    assert answer.status == "ok"


@pytest.mark.parametrize("model", SCRIPTED)
def test_both_questions_are_answered_at_once(model: ScriptedName) -> None:
    text = CONTRAST.format(first="changed", second="unchanged") + instructions("up-down-none")
    request = {"messages": [{"role": "user", "content": text}], "logprobs": True, "top_logprobs": 5}
    choice = complete(model, request).content["choices"][0]
    tokens = [
        (bytes(place["bytes"]), [(top["token"], top["logprob"]) for top in place["top_logprobs"]])
        for place in choice["logprobs"]["content"]
    ]
    said = choice["message"]["content"]
    places = weighed(said, tokens, UP_DOWN_NONE)
    (answer,) = parse(Reply(text=said, model="m", logprobs=places), "up-down-none", ["MYC"])
    assert answer.value == pytest.approx(probability(model, text))
    assert answer.up is not None
    assert 0 < answer.up < 1


def test_every_name_of_the_vocabulary_is_a_scripted_model_or_a_fault() -> None:
    assert tuple(SCRIPTED) == get_args(ScriptedName)
    assert tuple(FAULTS) == get_args(Fault)


def test_a_server_that_cannot_be() -> None:
    with pytest.raises(
        UsageError, match="unknown scripted model 'plausible'; did you mean 'always-plausible'"
    ):
        TestServer(model="plausible")
    with pytest.raises(UsageError, match="unknown fault '430'"):
        TestServer(faults={"430": 0.1})
    with pytest.raises(UsageError, match="from 0 to 1"):
        TestServer(faults={"429": 1.1})
    with pytest.raises(UsageError, match=r"add up to 1\.2"):
        TestServer(faults={"429": 0.6, "500": 0.6})
    assert TestServer(faults=dict.fromkeys(FAULTS, 1 / len(FAULTS))).stats.requests == 0
