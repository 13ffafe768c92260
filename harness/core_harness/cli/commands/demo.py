"""``core-harness demo``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core_harness.cli.options.asking import asking_options, of_model, of_organizer, settings_of
from core_harness.cli.options.forms import json_option, out_option
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import dataset_option, refuse_others, seed_option

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("demo")
@asking_options
@dataset_option("perturbqa/k562", "Dataset that a real model is asked about.")
@click.option(
    "--limit",
    type=int,
    default=400,
    show_default=True,
    metavar="N",
    help="Pairs to ask a real model about, of genes with both classes, in whole genes drawn at random.",
)
@seed_option
@out_option
@json_option
@registry_options
def demo_command(*, registry: Registry, model: str, seed: int, as_json: bool, **options: Any) -> None:
    """Show the argument of CORE: with scripted models in about a minute, or with a real one (--model).

    Without --model it needs no key and no network: a server on this machine answers like a provider. Data and
    answers are simulated: the figures show how results are read, and are no finding.

    With --model NAME the model is asked about measured pairs in four ways, then under the controls that can
    matter, and whatever comes out is said. The same command again goes on from the replies that are there. A
    model in this process, such as smollm2, is scored by one token unless --answer says otherwise.
    """
    if model == "none":
        _scripted(seed=seed, as_json=as_json)
    else:
        _real(registry, model=model, seed=seed, as_json=as_json, **options)


def _scripted(*, seed: int, as_json: bool) -> None:
    from dataclasses import asdict

    from core_harness.cli.output.demonstration import print_scripted
    from core_harness.cli.output.progress import watching
    from core_harness.testing.demonstration import demonstrate

    refuse_others({"model", "seed", "as_json"}, "goes with --model NAME: scripted models take no options")
    with watching() as (progress, _):
        scenes = list(demonstrate(seed=seed, progress=progress))
    if as_json:
        played = [{**asdict(scene), "result": result.as_dict()} for scene, result in scenes]
        click.echo(json.dumps({"schema_version": 1, "scenes": played}, indent=2, allow_nan=False))
    else:
        print_scripted(scenes, seed=seed)


def _real(
    registry: Registry,
    *,
    as_json: bool,
    api_base: str | None,
    answer: str | None,
    model_assignments: tuple[str, ...],
    samples: str | None,
    genes_per_prompt: str | None,
    dry_run: bool,
    out: Path,
    **options: Any,
) -> None:
    from core_harness.cli.output.demonstration import played_as_dict, print_played
    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.tables import print_estimates, refuse_unusable
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import parse_parameters
    from core_harness.evaluation.width import expected_width
    from core_harness.testing.real_model import demonstrate_with, estimate_with, spec_of

    settings = settings_of(options)
    assignments = [*of_model(api_base, answer, model_assignments), *of_organizer(samples, genes_per_prompt)]
    with watching() as (tell, notice):
        session = Session(registry, settings=settings, progress=tell, notice=notice)
        spec = spec_of(session, parameters=parse_parameters(assignments), **options)
        if dry_run:
            estimates, width = estimate_with(session, spec), expected_width(session, spec)
        else:
            played = list(demonstrate_with(session, spec, out=out))
    if dry_run:
        print_estimates(estimates, width, as_json=as_json)
        return
    if as_json:
        click.echo(json.dumps(played_as_dict(played), indent=2, allow_nan=False))
    else:
        print_played(played)
    refuse_unusable([one.result for one in played])
