"""Files of populations: each sweep's follows from the one before and from what was simulated in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from synapseek_core.inference.population import Population, Schedule, advanced, moved, started
from synapseek_core.inference.sweeps import population_in, proposals_in
from synapseek_core.inference.violation import violation
from synapseek_core.measures.groups import ALL
from synapseek_core.seeds import generator

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

PARTICLE = "particle"


@dataclass(frozen=True)
class Sweep:
    """Rules of a sweep with their simulations.

    Attributes:
        rules, fitness: contracts `rules` and `fitness`, of the same rules.
        number: of the sweep; 0 of the first rules.
    """

    rules: xr.Dataset
    fitness: xr.Dataset
    number: int


def population_after(settings: FamiliesStudy, name: str, own: Sweep, before: xr.Dataset | None) -> xr.Dataset:
    """Return the population after a sweep (contract `population`).

    Args:
        name: of the population.
        before: the population before; of the first rules that which they come from, or None.
    """
    if own.number and before is not None and before["finished"].item():
        return before
    chosen = settings.inference.populations[name]
    schedule = Schedule(chosen.parts, chosen.kept, chosen.distinct)
    draw = generator(settings.seed, "population", name, own.number)
    d = _violation(settings, name, own)
    if not own.number or before is None:
        z = settings.prior_box.to_normal(own.rules["theta"].values)
        after, taken = started(z, d, own.rules["log_density"].values, chosen.parts), np.ones(len(z), bool)
        after, before = _continued(after, before), None
    else:
        after, taken = moved(population_in(before), proposals_in(settings.prior_box, own.rules), d, own.number, draw)
    known = _known(own, len(after), before)
    history = _history(own, d, taken, after, known, before)
    file = _file(advanced(after, schedule, draw), known, history)
    return file.assign_coords(free_parameter=settings.prior_box.free_names)


def _continued(population: Population, other: xr.Dataset | None) -> Population:
    """Return the population of first rules with the evidence of that which they come from.

    What follows is then the share of the prior that meets the constraints of both, in the conditions of both: of an
    accurate condition alone it is a lower bound.
    """
    if other is None:
        return population
    evidence = np.full(len(population.log_evidence), other["log_evidence"].item())
    return replace(population, log_evidence=evidence, evidence_variance=other["log_evidence_error"].item() ** 2)


def _violation(settings: FamiliesStudy, name: str, own: Sweep) -> np.ndarray:
    """Return the violation (rule,) of what was simulated; a sweep may have no rules."""
    if not own.rules.sizes["rule"]:
        return np.empty(0)
    return violation(own.fitness, settings.ranges(name), settings.inference.widths)


def _known(own: Sweep, particles: int, before: xr.Dataset | None) -> xr.Dataset:
    """Return what is known of the rules that may be in the population, in order of their simulations' numbers."""
    parts = []
    if before is not None:
        carried = before[[*CARRIED, "constraint_group"]].assign_coords(source=before["source"])
        parts.append(carried.drop_vars(PARTICLE, errors="ignore"))
    if own.rules.sizes["rule"]:
        number = own.rules[PARTICLE].values if PARTICLE in own.rules else np.arange(particles)
        met = own.fitness["meets"].all("trial").transpose("rule", "constraint").values
        parts.append(
            xr.Dataset(
                {
                    "theta": ((PARTICLE, "parameter"), own.rules["theta"].values),
                    "source_rule": (PARTICLE, own.rules["rule"].values.astype(object)),
                    "first_trial": (PARTICLE, own.rules["first_trial"].values),
                    "loss": (PARTICLE, own.fitness["loss"].values),
                    "meets_all_trials": ((PARTICLE, "constraint"), met.astype(np.int8)),
                    "constraint_group": ("constraint", own.fitness["constraint_group"].values),
                },
                coords={
                    "source": (PARTICLE, own.number * particles + number),
                    "parameter": own.rules["parameter"].values,
                    "constraint": own.fitness["constraint"].values,
                },
            )
        )
    joined = xr.concat(parts, PARTICLE, data_vars="minimal", coords="minimal", compat="override", join="override")
    first = np.unique(joined["source"].values, return_index=True)[1]
    return joined.isel({PARTICLE: first})


CARRIED = ("theta", "source_rule", "first_trial", "loss", "meets_all_trials")
"""Variables of a population that follow a rule from its simulation on."""


def _rows(known: xr.Dataset, population: Population) -> xr.Dataset:
    """Return what is known of the rules of a population, in its order."""
    return known.isel({PARTICLE: np.searchsorted(known["source"].values, population.source)})


def _history(
    own: Sweep, d: np.ndarray, taken: np.ndarray, after: Population, known: xr.Dataset, before: xr.Dataset | None
) -> dict[str, np.ndarray]:
    """Return what happened in all sweeps up to this one, by variable; the sweep is the first dimension."""
    within = d <= after.target.tolerance
    looks = own.rules["first_look"].values if "first_look" in own.rules else np.ones(len(d))
    refused = [own.rules[name].item() if name in own.rules else 0.0 for name in REFUSED]
    met = _rows(known, after)["meets_all_trials"].values == 1
    groups = known["constraint_group"].values
    of_rules = own.fitness["meets"].all("trial").transpose("rule", "constraint").values if len(d) else met[:0]
    entry: dict[str, Any] = {
        "tolerance_of_sweep": after.target.tolerance if np.isfinite(after.target.tolerance) else np.nan,
        "exponent_of_sweep": after.target.exponent,
        "simulated": len(d),
        "refused_by_density": refused[0],
        "refused_by_classifier": refused[1],
        "accepted": int(taken.sum()) if before is not None else 0,
        "audited": int((looks < 1).sum()),
        "audited_within": int(within[looks < 1].sum()),
        "passed_within": int(within[looks == 1].sum()),
        "distinct_rules": round(after.distinct_share * len(after)),
        "population_share": _shares(met, groups),
        "simulated_share": _shares(of_rules, groups),
    }
    one = {name: np.asarray([value]) for name, value in entry.items()}
    return one if before is None else {name: np.concatenate([before[name].values, own]) for name, own in one.items()}


REFUSED = ("refused_by_density", "refused_by_classifier")


def _shares(met: np.ndarray, groups: np.ndarray) -> list[float]:
    """Return the share of rules that meet each group of constraints, and all; met is (rule, constraint)."""
    if not len(met):
        return [np.nan] * len(_group_names(groups))
    return [
        met[:, np.isin(groups, [name] if name != ALL else groups)].all(axis=1).mean() for name in _group_names(groups)
    ]


def _group_names(groups: np.ndarray) -> list[str]:
    return [*dict.fromkeys(map(str, groups)), ALL]


def _file(population: Population, known: xr.Dataset, history: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Return a population as a file."""
    rows = _rows(known, population)
    value, error = population.evidence
    of_group = ("population_share", "simulated_share")
    return xr.Dataset(
        {
            **{name: (rows[name].dims, rows[name].values) for name in (*CARRIED, "constraint_group")},
            "z": ((PARTICLE, "free_parameter"), population.z),
            "violation": (PARTICLE, population.violation),
            "log_density": (PARTICLE, population.log_density),
            "source": (PARTICLE, population.source),
            "part_of_particle": (PARTICLE, population.part.astype(np.int32)),
            "tolerance": population.target.tolerance,
            "exponent": population.target.exponent,
            "finished": np.int8(population.finished),
            "log_evidence_of_part": ("part", population.log_evidence),
            "evidence_variance": population.evidence_variance,
            "log_evidence": value,
            "log_evidence_error": error,
            **{name: (("sweep", "group") if name in of_group else ("sweep",), own) for name, own in history.items()},
        },
        coords={
            "parameter": rows["parameter"].values,
            "constraint": rows["constraint"].values,
            "group": _group_names(rows["constraint_group"].values),
        },
    )
