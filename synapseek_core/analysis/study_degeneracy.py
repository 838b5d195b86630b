"""The degeneracy file of a study, from its searches and the fitness of the rules around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from synapseek_core.analysis import degeneracy
from synapseek_core.interfaces.study import StudySettings
from synapseek_core.interfaces.task import Task
from synapseek_core.rule_sets.solutions import signed_displacements
from synapseek_core.search.distribution import best_rule, is_learned, learned_distributions


def analyse(
    settings: StudySettings,
    task: Task,
    searches: Sequence[xr.Dataset],
    rules: Mapping[str, xr.Dataset],
    fitness: Mapping[str, xr.Dataset],
) -> xr.Dataset:
    """Contract `degeneracy`: what every study has, and what the task adds.

    Args:
        searches: last chunk of every run.
        rules, fitness: by origin; `learned` must be there.
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
    common = xr.Dataset(
        {
            "learned_theta": (("learned", "parameter"), theta),
            "learned_coordinates": (("learned", "coordinate"), coordinates),
            "learned_loss": (("learned",), loss),
            "search_of_learned": (("learned",), learned["search_of_rule"].values),
            "solves": (("learned",), solves.astype(np.int8)),
            "distance": (("learned", "learned_other"), degeneracy.distances_between_solutions(coordinates, solves)),
            "best_rule": best,
            **degeneracy.spectra([d.covariance_shape for d in distributions], len(names)),
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
    return common.merge(task.degeneracy(rules, fitness))


def _loss_along(
    settings: StudySettings, rules: Mapping[str, xr.Dataset], fitness: Mapping[str, xr.Dataset]
) -> dict[str, object]:
    """Loss on the principal axes of the best covariance, if there is a search with one."""
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
    """Of the rules of all origins: origin, loss, and distance from the best learned rule in search coordinates."""
    space = settings.rule_space
    middle = space.to_coordinates(rules["learned"]["theta"].sel(rule=best).values)
    coordinates = [space.to_coordinates(table["theta"].values) for table in rules.values()]
    return {
        "origin": ("rule", [origin for origin, table in rules.items() for _ in table["rule"].values]),
        "loss": ("rule", np.concatenate([fitness[origin]["loss"].values for origin in rules])),
        "distance_from_best": ("rule", np.linalg.norm(np.concatenate(coordinates) - middle, axis=1)),
    }
