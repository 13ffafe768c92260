"""Options about asking a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from core_harness.cli.options import completion
from core_harness.vocabulary import LIMITS

if TYPE_CHECKING:
    from core_harness.llm import Settings

Command = Callable[..., None]


api_base_option = click.option(
    "--api-base", metavar="URL", help="Address of the model's server, if not the provider's."
)
answer_option = click.option(
    "--answer",
    type=click.Choice(("text", "token")),
    help="Form of the answer: written text, or one token behind a begun answer line (not with every model).",
)
model_parameters_option = click.option(
    "--model-param",
    "model_assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Parameter of the model, e.g. temperature=0.7. May be repeated.",
)


def asking_options(command: Command) -> Command:
    """Add the options that say which model is asked, and those of :func:`settings_options`."""
    options = (
        click.option(
            "--model",
            default="none",
            show_default=True,
            metavar="NAME",
            shell_complete=completion.models,
            help="Model of strategies that ask one: an alias such as qwen, provider/model as in litellm, or "
            "llamacpp:FILE.gguf.",
        ),
        api_base_option,
        answer_option,
        model_parameters_option,
        click.option(
            "--samples",
            metavar="N",
            help="Answers per prompt, every second one with the evidence in the opposite order.",
        ),
        click.option("--genes-per-prompt", metavar="N", help="Genes of one perturbation in one prompt."),
    )
    command = settings_options(command)
    for option in reversed(options):
        command = option(command)
    return command


def settings_options(command: Command) -> Command:
    """Add the options that say how fast models are asked, and how much may be spent."""
    options = (
        click.option(
            "--dry-run", is_flag=True, help="Print the calls and an estimate of their cost; send nothing."
        ),
        click.option(
            "--price",
            metavar="PROMPT,COMPLETION",
            help="USD per million tokens, instead of the list price. With --api-base there is no list price.",
        ),
        click.option("--max-cost", type=float, metavar="USD", help="Upper limit on the cost of a run."),
        click.option("--max-tokens", type=int, metavar="N", help="Upper limit on the tokens of a run."),
        click.option("--max-calls", type=int, metavar="N", help="Upper limit on the calls of a run."),
        click.option(
            "--max-failures",
            metavar="N|SHARE%",
            help="Failed prompts, as a number or a share, beyond which the run ends early.",
        ),
        click.option(
            "--concurrency", type=int, metavar="N", help="Calls in flight; adapts to the provider by default."
        ),
        click.option(
            "--requests-per-minute", type=float, metavar="N", help="Rate limit of the provider, in requests."
        ),
        click.option(
            "--tokens-per-minute", type=float, metavar="N", help="Rate limit of the provider, in tokens."
        ),
        click.option(
            "--timeout",
            type=float,
            default=300.0,
            show_default=True,
            metavar="SECONDS",
            help="Upper limit on the duration of a call.",
        ),
        click.option(
            "--max-wait",
            type=float,
            default=600.0,
            show_default=True,
            metavar="SECONDS",
            help="Longest pause that a provider may ask for; beyond it the run ends early.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def of_model(api_base: str | None, answer: str | None, assignments: Sequence[str]) -> list[str]:
    """Return ``--api-base``, ``--answer`` and ``--model-param`` as assignments to the llm."""
    given = {"api_base": api_base, "answer": answer}
    named = [f"{name}={value}" for name, value in given.items() if value is not None]
    return [f"llm.{assignment}" for assignment in (*named, *assignments)]


def of_organizer(samples: str | None, genes_per_prompt: str | None) -> list[str]:
    """Return ``--samples`` and ``--genes-per-prompt`` as assignments to the organizer."""
    given = {"samples": samples, "genes_per_prompt": genes_per_prompt}
    return [f"organizer.{name}={value}" for name, value in given.items() if value is not None]


SETTINGS = (
    *LIMITS,
    "price",
    "max_failures",
    "concurrency",
    "requests_per_minute",
    "tokens_per_minute",
    "timeout",
    "max_wait",
)
"""Options of :func:`asking_options` that do not change an answer."""


def settings_of(options: dict[str, Any]) -> Settings:
    """Take the settings out of a command's options."""
    from core_harness.llm import Settings, parse_failures, parse_price

    values = {name: options.pop(name) for name in SETTINGS}
    if values["max_failures"] is not None:
        values["max_failures"] = parse_failures(values["max_failures"])
    if values["price"] is not None:
        values["price"] = parse_price(values["price"])
    return Settings(**values)
