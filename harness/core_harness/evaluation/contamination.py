"""Whether a model may have read about a dataset: when the one was published, and up to when the other knows.

A prediction of what stands in the training text is a memory. Dates alone do not show that a model
remembers; they show where it cannot.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from core_harness.evaluation.spec import RunSpec
from core_harness.registry.entries import Registry


@dataclass(frozen=True, kw_only=True)
class Contamination:
    """A dataset and a model, both by their names in the registry.

    Attributes
    ----------
    dataset, model
        As the user named them.
    published
        Month in which the dataset's measurements could first be read.
    knowledge_cutoff
        Month up to which the model knows, as its maker publishes it; None where that is not known.
    """

    dataset: str
    model: str
    published: str
    knowledge_cutoff: str | None

    @property
    def possible(self) -> bool | None:
        """Whether the model may have read about the dataset; None where its cut-off is not known."""
        return None if self.knowledge_cutoff is None else self.published <= self.knowledge_cutoff

    def as_dict(self) -> dict[str, object]:
        """Return the dates and what follows from them."""
        return {**asdict(self), "possible": self.possible}

    def sentence(self) -> str | None:
        """Return what a person should know before anything is asked; None where there is nothing to fear."""
        if self.possible is False:
            return None
        if self.knowledge_cutoff is None:
            why = f"the knowledge cut-off of {self.model} is not known"
        else:
            why = f"{self.model} knows the time up to {self.knowledge_cutoff}"
        return (
            f"the data of {self.dataset} were published in {self.published}, and {why}: "
            "the model may have read about them"
        )


def contamination(spec: RunSpec, registry: Registry) -> Contamination | None:
    """Return the dates of a spec's dataset and model; None without a model or a published dataset."""
    dataset = registry.datasets.get(spec.dataset)
    if spec.model is None or dataset is None or dataset.published is None:
        return None
    model = registry.models.get(spec.model)
    return Contamination(
        dataset=spec.dataset,
        model=spec.model,
        published=dataset.published,
        knowledge_cutoff=None if model is None else model.knowledge_cutoff,
    )
