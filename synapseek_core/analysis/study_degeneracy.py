"""The degeneracy file of a study, from its searches and the fitness of the rules around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from synapseek_core.analysis import degeneracy
from synapseek_core.config import StudySettings
from synapseek_core.search.origins import best_restart, signed_displacements
from synapseek_core.tasks.task import Task


def analyse(
    settings: StudySettings,
    task: Task,
    searches: Sequence[xr.Dataset],
    rules: Mapping[str, xr.Dataset],
    fitness: Mapping[str, xr.Dataset],
) -> xr.Dataset:
    """Contract `degeneracy`.

    Args:
        searches: last chunk of every restart.
        rules, fitness: by origin; `learned` and `neighbourhood` must be there.
    """
    space = settings.rule_space
    learned, scores = rules["learned"], fitness["learned"]
    means = np.flatnonzero((learned["is_mean"] == 1) & (learned["restart_of_rule"] >= 0))
    theta = learned["theta"].values[means]
    loss = scores["loss"].values[means]
    solves = loss <= settings.degeneracy.solved_loss
    coordinates = space.to_coordinates(theta)
    steps = signed_displacements(settings)
    along = fitness["neighbourhood"]["loss"].values.reshape(len(space.names), len(steps))
    final = [chunk.isel(generation_boundary=-1) for chunk in searches]
    predictions = {name: task.mean_field_rate(rules[name]["theta"].values, fitness[name]) for name in rules}
    table = degeneracy.mean_field_table(predictions, fitness, settings.plasticity.synapse_types[0][1])
    names = list(space.coordinate_names)
    return xr.Dataset(
        {
            "learned_theta": (("restart", "parameter"), theta),
            "learned_coordinates": (("restart", "coordinate"), coordinates),
            "learned_loss": (("restart",), loss),
            "solves": (("restart",), solves.astype(np.int8)),
            "distance": (
                ("restart", "restart_other"),
                degeneracy.distances_between_solutions(coordinates, solves),
            ),
            "best_restart": best_restart(learned, scores),
            "loss_along": (("eigenvector", "displacement"), along),
            **degeneracy.spectra([f["covariance_shape"].values for f in final]),
            **{name: value for name, value in table.items() if name != "rule"},
        },
        coords={
            "rule": table["rule"],
            "parameter": list(space.names),
            "coordinate": names,
            "coordinate_other": names,
            "displacement": steps,
        },
    )
