"""Degeneracy: how many different rules solve a task, from the searches of a study and the fitness of nearby rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.analysis.parts.registry import PARTS
from synapseek_core.analysis.spectra import distances_between_solutions, spectra
from synapseek_core.files.contracts.rules import DEGENERACY
from synapseek_core.interfaces.analysis import Analysis
from synapseek_core.interfaces.costs import Cost, total
from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import Data, Need, SearchEnds, fitness_of, rules_of
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.rule_sets.solutions import signed_displacements
from synapseek_core.runtime import Compute
from synapseek_core.search.distribution import best_rule, is_learned, learned_distributions

EXPLORED = ("prior", "published", "reference", "learned", "neighbourhood", "manifold")
"""Rule sets whose rules the analysis holds."""


def _explored(study: Study) -> list[str]:
    """Return those of `EXPLORED` in which a study has rules."""
    return [name for name in EXPLORED if RULE_SETS[name].count(study.settings)]


def _needs(study: Study) -> tuple[Need, ...]:
    names = _explored(study)
    return (SearchEnds(), *(need(name) for need in (rules_of, fitness_of) for name in names))


def _settings(study: Study) -> dict[str, Any]:
    return study.settings.scored("search", "degeneracy", "evaluation")


def _cost(study: Study) -> Cost:
    return total(PARTS[part].cost(study) for part in study.definition.degeneracy)


def _modules(study: Study) -> tuple[str, ...]:
    parts = study.definition.degeneracy
    return (*map(PARTS.module, parts), *(module for part in parts for module in PARTS[part].modules(study)))


def _run(study: Study, data: Data, compute: Compute) -> xr.Dataset:
    """Return the degeneracy of a study: what every study has, and its own parts."""
    names = _explored(study)
    rules = {name: data[rules_of(name)] for name in names}
    fitness = {name: data[fitness_of(name)] for name in names}
    common = _of_every_study(study.settings, data[SearchEnds()], rules, fitness)
    parts = [PARTS[part].run(study, rules, fitness, compute) for part in study.definition.degeneracy]
    return xr.merge([common, *parts], combine_attrs="drop_conflicts", join="outer", compat="no_conflicts")


def _of_every_study(
    settings: StudySettings,
    searches: Sequence[xr.Dataset],
    rules: Mapping[str, xr.Dataset],
    fitness: Mapping[str, xr.Dataset],
) -> xr.Dataset:
    """Return the degeneracy of the learned rules of any study.

    Args:
        searches: last chunk of every run.
        rules, fitness: by rule set; `learned` must be there.
    """
    space = settings.rule_space
    distributions = list(learned_distributions(searches))
    learned = rules["learned"].isel(rule=is_learned(rules["learned"]))
    theta = learned["theta"].values
    loss = fitness["learned"]["loss"].values[is_learned(rules["learned"])]
    solves = loss <= settings.degeneracy.solved_loss
    coordinates = space.to_coordinates(theta)
    names = list(space.coordinate_names)
    best = best_rule(rules["learned"], fitness["learned"])
    return xr.Dataset(
        {
            "learned_theta": (("learned", "parameter"), theta),
            "learned_coordinates": (("learned", "coordinate"), coordinates),
            "learned_loss": (("learned",), loss),
            "search_of_learned": (("learned",), learned["search_of_rule"].values),
            "restart_of_learned": (("learned",), learned["restart_of_rule"].values),
            "particle_of_learned": (("learned",), learned["particle_of_rule"].values),
            "solves": (("learned",), solves.astype(np.int8)),
            "distance": (("learned", "learned_other"), distances_between_solutions(coordinates, solves)),
            "best_rule": best,
            **spectra([d.covariance_shape for d in distributions], len(names)),
            **_loss_along(settings, rules, fitness),
            **_all_rules(settings, rules, fitness, best),
        },
        coords={
            "rule": [f"{origin}/{name}" for origin in rules for name in rules[origin]["rule"].values],
            "learned": [d.name for d in distributions],
            "learned_other": [d.name for d in distributions],
            "parameter": list(space.names),
            "coordinate": names,
            "coordinate_other": names,
        },
    )


def _loss_along(
    settings: StudySettings, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]
) -> dict[str, object]:
    """Return the loss on the principal axes of the best covariance, if there is a search with one."""
    if "neighbourhood" not in rules:
        return {}
    steps = signed_displacements(settings)
    along = fitness["neighbourhood"]["loss"].values.reshape(-1, len(steps))
    return {
        "loss_along": (("eigenvector", "displacement"), along),
        "centre": str(rules["neighbourhood"]["centre"].values),
        "displacement": ("displacement", steps),
    }


def _all_rules(
    settings: StudySettings, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset], best: str
) -> dict[str, object]:
    """Return origin, loss, and distance from the best learned rule in search coordinates, of all rules."""
    space = settings.rule_space
    middle = space.to_coordinates(rules["learned"]["theta"].sel(rule=best).values)
    coordinates = [space.to_coordinates(table["theta"].values) for table in rules.values()]
    return {
        "origin": ("rule", [origin for origin, table in rules.items() for _ in table["rule"].values]),
        "name_in_origin": ("rule", [str(name) for table in rules.values() for name in table["rule"].values]),
        "loss": ("rule", np.concatenate([fitness[origin]["loss"].values for origin in rules])),
        "distance_from_best": ("rule", np.linalg.norm(np.concatenate(coordinates) - middle, axis=1)),
    }


ANALYSIS = Analysis(DEGENERACY, _needs, _run, _settings, _cost, _modules)
