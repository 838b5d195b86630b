"""Sweeps of sequential Monte Carlo between files: rules to be simulated from a population, and the population after.

Random numbers come from (study seed, population, sweep): files are the same whatever is computed where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from synapseek_core.inference.first_rules import log_density
from synapseek_core.inference.levels import Target
from synapseek_core.inference.population import Look, Population, Proposals, no_look, proposals
from synapseek_core.inference.trees import first_look
from synapseek_core.inference.violation import violation
from synapseek_core.interfaces.inference import PopulationSettings
from synapseek_core.interfaces.prior_box import PriorBox
from synapseek_core.seeds import generator

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

Simulated = Sequence[tuple[xr.Dataset, xr.Dataset]]
"""Rules and fitness (contracts `rules` and `fitness`) of the sweeps before, in order."""


def population_in(file: xr.Dataset) -> Population:
    """Return the population that a file (contract `population`) contains."""
    return Population(
        z=file["z"].values,
        violation=file["violation"].values,
        log_density=file["log_density"].values,
        source=file["source"].values,
        target=Target(file["tolerance"].item(), file["exponent"].item()),
        log_evidence=file["log_evidence_of_part"].values,
        evidence_variance=file["evidence_variance"].item(),
        finished=bool(file["finished"].item()),
    )


def move_rules(
    settings: FamiliesStudy, name: str, sweep: int, file: xr.Dataset, table: xr.Dataset | None, before: Simulated
) -> xr.Dataset:
    """Return the rules of a sweep that are to be simulated, with what accepting them takes (see contract `rules`).

    Args:
        name: of the population.
        sweep: from 1 on.
        file: contract `population`, after the sweep before.
        table: contract `mean_field`; None if all first rules are of the prior.
        before: all that was simulated for the population; nothing if there is no classifier.
    """
    population, own = population_in(file), settings.inference.populations[name]
    draw = generator(settings.seed, "moves", name, sweep)
    look = _look(settings, own, settings.ranges(name), population, before, draw)
    found = proposals(population, log_density(settings, own, table), look, draw)
    return xr.Dataset(
        {
            "theta": (("rule", "parameter"), settings.prior_box.from_normal(found.z)),
            "particle": ("rule", found.particle.astype(np.int32)),
            "log_density": ("rule", found.log_density),
            "first_look": ("rule", found.look),
            "correction": ("rule", found.correction),
            "refused_by_density": found.refused[0],
            "refused_by_classifier": found.refused[1],
        }
    )


def _look(
    settings: FamiliesStudy,
    own: PopulationSettings,
    ranges: Mapping[str, Any],
    population: Population,
    before: Simulated,
    draw: np.random.Generator,
) -> Look:
    """Return the first look of a classifier that is trained on all simulations before."""
    there = [(rules, fitness) for rules, fitness in before if rules.sizes["rule"]]
    if own.missed is None or population.finished or not there:
        return no_look
    box, space = settings.prior_box, settings.rule_space
    # Here: it loads a large library.
    from synapseek_core.inference.features import rule_features

    def seen(z: np.ndarray) -> np.ndarray:
        return np.column_stack([z, rule_features(space, box.from_normal(z))]) if len(z) else np.empty((0, 0))

    z = box.to_normal(np.concatenate([rules["theta"].values for rules, _ in there]))
    d = np.concatenate([violation(fitness, ranges, settings.inference.widths) for _, fitness in there])
    looks = [
        rules["first_look"].values if "first_look" in rules else np.ones(rules.sizes["rule"]) for rules, _ in there
    ]
    found = first_look(
        seen(z), d <= population.target.tolerance, 1 / np.concatenate(looks), own.missed, own.audited, draw
    )
    if found is None:
        return no_look
    passes = found
    return lambda z: passes(seen(z))


def proposals_in(box: PriorBox, rules: xr.Dataset) -> Proposals:
    """Return the moves that a file of rules contains."""
    return Proposals(
        particle=rules["particle"].values,
        z=box.to_normal(rules["theta"].values),
        log_density=rules["log_density"].values,
        look=rules["first_look"].values,
        correction=rules["correction"].values,
    )
