"""A generated world, in which it is known what can be predicted and what cannot.

Perturbations belong to modules; every module has a programme, the genes that it moves; every gene has
a base rate, the share of programmes that it is in. With probability ``signal`` a gene answers as the
programme says, otherwise it is moved at its base rate. So base rates, and with them what gene
frequency can reach, do not depend on the signal; what a method gains per gene, it gains from modules. Where a
moved gene goes is drawn in the same way.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness import ROWS, Agent, Graph, Layer, Question
from core_harness.errors import UsageError

_BASE_RATES = (0.25, 1.2)
"""Parameters of their beta distribution: most genes hardly answer to anything, a few to much."""
_TEST_SHARE = 0.2
_SETS = 4
"""Sets of the graph that reflect a module; each of them holds a part of its members."""
_SET_SHARE = 0.6
_EDGE_SHARE = 0.3
"""Share of a module's pairs of members that interact."""
_LOWEST_EDGE = 0.4
"""Weight of the weakest interaction, as in STRING's cut at 400 of 1,000."""
_MOST_PAIRS = 50_000_000
"""Pairs of perturbation and gene that fit into memory; a record of anyone may ask for more."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Simulated:
    """A seeded world of perturbations in modules, with a knowledge graph that reflects them.

    Names begin with ``SIM``, so that they are not taken for real. The same parameters give the same
    rows and the same graph; ``noise`` changes the graph alone, ``signal`` and ``sparsity`` the rows alone.

    Parameters
    ----------
    perturbations, genes
        How many there are. A fifth of the perturbations is the test split.
    modules
        Into how many the perturbations are divided, all of about the same size.
    signal
        How much a gene's answer follows its module's programme: 0 not at all, 1 always.
    noise
        Share of the graph's memberships and interactions that are drawn blindly: 0 none, 1 all.
    sparsity
        Share of the pairs that are not measured.
    seed
        Random seed.
    question
        ``de``: is the gene moved? ``dir``: of the moved ones, is it up? Both are of one world.

    Raises
    ------
    UsageError
        A parameter lies outside its range.
    """

    agent: Agent = "knockdown"
    simulated = True

    def __init__(
        self,
        *,
        perturbations: int = 300,
        genes: int = 160,
        modules: int = 20,
        signal: float = 0.6,
        noise: float = 0.3,
        sparsity: float = 0.5,
        seed: int = 0,
        question: Question = "de",
    ) -> None:
        _check("perturbations", perturbations, at_least=10)
        _check("genes", genes, at_least=1)
        if perturbations * genes > _MOST_PAIRS:
            raise UsageError(
                f"dataset 'simulated': {perturbations:,} perturbations x {genes:,} genes are too many; "
                f"at most {_MOST_PAIRS:,} pairs"
            )
        _check("modules", modules, at_least=1, at_most=perturbations)
        _check("signal", signal, at_least=0, at_most=1)
        _check("noise", noise, at_least=0, at_most=1)
        _check("sparsity", sparsity, at_least=0, at_most=1)
        _check("seed", seed, at_least=0)
        self.perturbations = perturbations
        self.genes = genes
        self.modules = modules
        self.signal = signal
        self.noise = noise
        self.sparsity = sparsity
        self.seed = seed
        self.question = question

    def rows(self) -> pl.DataFrame:
        """Return the measured pairs, sorted."""
        rng = self._rng(1)
        moved = self._outcomes(rng, rng.beta(*_BASE_RATES, size=self.genes))
        measured = rng.random((self.perturbations, self.genes)) >= self.sparsity
        is_test = np.zeros(self.perturbations, dtype=bool)
        is_test[rng.permutation(self.perturbations)[: int(_TEST_SHARE * self.perturbations)]] = True
        label = moved
        if self.question == "dir":
            rng_of_direction = self._rng(4)
            measured &= moved
            label = self._outcomes(rng_of_direction, rng_of_direction.random(self.genes))
        perturbation, gene = np.nonzero(measured)
        columns = {
            "context": np.full(gene.size, "simulated"),
            "perturbation": _names("SIMP", self.perturbations)[perturbation],
            "gene": _names("SIMG", self.genes)[gene],
            "label": label[perturbation, gene].astype(np.uint8),
            "split": np.where(is_test[perturbation], "test", "train"),
        }
        return pl.DataFrame(columns, schema=dict(ROWS))

    def _outcomes(self, rng: np.random.Generator, rate: Floats) -> Bools:
        """Return (perturbations, genes): what the module decides, or else the rate of the gene."""
        programme = rng.random((self.modules, self.genes)) < rate
        chance = (1 - self.signal) * rate + self.signal * programme[self._module_of()]
        outcomes: Bools = rng.random(chance.shape) < chance
        return outcomes

    def knowledge(self) -> Graph:
        """Return the graph: the layers ``modules`` (overlapping sets) and ``interactions`` (edges)."""
        return Graph.of([self._sets(self._rng(2)), self._edges(self._rng(3))])

    def _sets(self, rng: np.random.Generator) -> Layer:
        numbers, members = [], []
        for number, module in enumerate(module for module in self._modules() for _ in range(_SETS)):
            held = module[rng.random(module.size) < _SET_SHARE]
            numbers.append(np.full(held.size, number))
            members.append(self._blurred(held, rng))
        frame = pl.DataFrame(
            {
                "set": _names("SIMS", self.modules * _SETS)[np.concatenate(numbers)],
                "gene": _names("SIMP", self.perturbations)[np.concatenate(members)],
            }
        )
        return Layer(name="modules", kind="sets", frame=frame.unique().sort("set", "gene"))

    def _edges(self, rng: np.random.Generator) -> Layer:
        firsts, seconds = [], []
        for members in self._modules():
            first, second = np.triu_indices(members.size, k=1)
            held = rng.random(first.size) < _EDGE_SHARE
            firsts.append(members[first[held]])
            seconds.append(self._blurred(members[second[held]], rng))
        one, other = np.concatenate(firsts), np.concatenate(seconds)
        names = _names("SIMP", self.perturbations)
        frame = pl.DataFrame(
            {
                "a": names[np.minimum(one, other)],
                "b": names[np.maximum(one, other)],
                "weight": rng.uniform(_LOWEST_EDGE, 1, size=one.size).round(3),
            }
        )
        kept = frame.filter(pl.col("a") < pl.col("b")).unique(["a", "b"], keep="first", maintain_order=True)
        return Layer(name="interactions", kind="edges", frame=kept.sort("a", "b"))

    def _module_of(self) -> Ints:
        # drawn, so that names that follow each other say nothing
        return self._rng(0).permutation(np.arange(self.perturbations) % self.modules)

    def _modules(self) -> list[Ints]:
        module_of = self._module_of()
        return [np.flatnonzero(module_of == module) for module in range(self.modules)]

    def _blurred(self, members: Ints, rng: np.random.Generator) -> Ints:
        blind = rng.random(members.size) < self.noise
        return np.where(blind, rng.integers(self.perturbations, size=members.size), members)

    def _rng(self, part: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, part])


def _names(prefix: str, count: int) -> NDArray[np.str_]:
    """Return numbered names of equal length, whose order is that of their numbers."""
    width = max(3, len(str(count)))
    return np.array([f"{prefix}{number:0{width}}" for number in range(1, count + 1)])


def _check(name: str, value: float, *, at_least: float, at_most: float | None = None) -> None:
    if value >= at_least and (at_most is None or value <= at_most):
        return
    limits = f"at least {at_least}" if at_most is None else f"between {at_least} and {at_most}"
    raise UsageError(f"dataset 'simulated': {name} is {value}; it must be {limits}")
