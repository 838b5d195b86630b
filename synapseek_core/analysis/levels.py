"""Populations of sequential Monte Carlo on their way, and the rules that they began with against mean-field theory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from synapseek_core.analysis.sign_patterns import RATES
from synapseek_core.files.contracts.inference import LEVELS, OF_SWEEPS
from synapseek_core.files.datasets import join_rules
from synapseek_core.interfaces.analysis import Analysis
from synapseek_core.interfaces.study import Study
from synapseek_core.measures.plausibility import meets_groups
from synapseek_core.pipeline.results import Data, Need, rules_of
from synapseek_core.rule_sets.sweeps import end_of, fitness_of_sweep, sweep_name
from synapseek_core.runtime import Compute

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

FIRST_ORIGINS = ("mean_field", "prior")


def _needs(study: Study[FamiliesStudy]) -> tuple[Need, ...]:
    settings = study.settings
    first = (need for name in settings.populations for need in _first(settings, name))
    return (*(end_of(settings, name) for name in settings.populations), *first)


def _first(settings: FamiliesStudy, name: str) -> tuple[Need, Need]:
    """Return the needs of the first rules of a population."""
    return rules_of(sweep_name(name, 0)), fitness_of_sweep(settings, name, 0)


def _settings(study: Study[FamiliesStudy]) -> dict[str, Any]:
    return {name: study.settings.population_sections(name) for name in study.settings.populations}


def _run(study: Study[FamiliesStudy], data: Data, compute: Compute) -> xr.Dataset:
    settings = study.settings
    ends = {name: data[end_of(settings, name)] for name in settings.populations}
    first = {name: [data[need] for need in _first(settings, name)] for name in settings.populations}
    groups = [str(name) for name in next(iter(ends.values()))["group"].values]
    rules = join_rules([_first_rules(name, *tables) for name, tables in first.items()])
    shares = [_shares(rules_there, scores, groups) for rules_there, scores in first.values()]
    joined = xr.concat([_course(end) for end in ends.values()], "population_of_rules", join="outer")
    found = {
        "size": ("population_of_rules", [end.sizes["particle"] for end in ends.values()]),
        "first_rules_share": (("population_of_rules", "first_origin", "group"), np.stack(shares)),
        **rules.data_vars,
    }
    return joined.assign(found).assign_coords(
        population_of_rules=list(ends), first_origin=list(FIRST_ORIGINS), rule=rules["rule"], population=["E", "I"]
    )


def _course(end: xr.Dataset) -> xr.Dataset:
    """Return the sweeps of a population, and its end."""
    chosen = end[[*OF_SWEEPS, "finished", "log_evidence", "log_evidence_error"]]
    return chosen.assign_coords(sweep=np.arange(chosen.sizes["sweep"]))


def _first_rules(name: str, rules: xr.Dataset, fitness: xr.Dataset) -> xr.Dataset:
    """Return the rates of the first rules of a population, as predicted and as simulated."""
    simulated = np.stack([fitness[metric].mean("trial", skipna=False).values for metric in RATES.values()], axis=-1)
    return xr.Dataset(
        {
            "origin": ("rule", np.full(len(simulated), name, object)),
            "predicted_rate": (("rule", "population"), _predicted(rules)),
            "simulated_rate": (("rule", "population"), simulated),
        },
        coords={"rule": rules["rule"].values},
    )


def _predicted(rules: xr.Dataset) -> np.ndarray:
    """Return the predicted rates (rule, population) of first rules; missing for those of another population."""
    return rules["predicted_rate"].values if "predicted_rate" in rules else np.full((rules.sizes["rule"], 2), np.nan)


def _shares(rules: xr.Dataset, fitness: xr.Dataset, groups: list[str]) -> np.ndarray:
    """Return the share (origin, group) of the first rules that meets each group of constraints; the last is all."""
    of_theory = np.isfinite(_predicted(rules)).all(axis=1)
    asked = [*([group] for group in groups[:-1]), groups[:-1]]
    met = np.stack([meets_groups(fitness, names).all(axis=1) for names in asked], axis=-1)
    return np.stack(
        [met[own].mean(axis=0) if own.any() else np.full(len(asked), np.nan) for own in (of_theory, ~of_theory)]
    )


ANALYSIS = Analysis(LEVELS, _needs, _run, _settings)
