"""Mean-field rate of every rule beside the simulated one, and the cloud of solutions beside the manifold."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.analysis.parts.part import Part, Tables
from synapseek_core.interfaces.study import Study
from synapseek_core.rule_sets.solutions import signed_displacements, solutions
from synapseek_core.runtime import Compute
from synapseek_core.tasks.tuned.settings import TunedInhibitionStudy
from synapseek_core.theory.manifold import cloud_table
from synapseek_core.theory.mean_field import mean_field_table, pair_rule_rate


def _run(study: Study[TunedInhibitionStudy], rules: Tables, fitness: Tables, compute: Compute) -> xr.Dataset:
    predicted = {
        name: pair_rule_rate(rules[name]["theta"].values[:, None, :], fitness[name]["input_rate"].values)
        for name in rules
    }
    return mean_field_table(predicted, fitness, "E").assign(_cloud(study.settings, rules, fitness))


def _cloud(settings: TunedInhibitionStudy, rules: Tables, fitness: Tables) -> dict[str, Any]:
    space, steps = settings.rule_space, signed_displacements(settings)
    coordinates = {name: space.to_coordinates(table["theta"].values) for name, table in rules.items()}
    moved = coordinates["manifold"].reshape(-1, len(steps), len(space.names))
    cloud = solutions(settings, rules["learned"], fitness["learned"])
    everything = np.concatenate(list(coordinates.values()))
    rate = fitness["manifold"]["rate"].sel(population="E").mean("trial")
    dims, shape = ("manifold_axis", "displacement"), moved.shape[:2]
    along = {
        "loss_along_manifold": (fitness["manifold"]["loss"], "1", "loss of rules moved along the axis"),
        "rate_along_manifold": (rate, "Hz", "rate of the neurons under rules moved along the axis"),
    }
    return {
        **cloud_table(settings.mean_field_manifold, everything, cloud, moved[0, len(steps) // 2]),
        **{
            name: (dims, values.values.reshape(shape), {"units": units, "long_name": text})
            for name, (values, units, text) in along.items()
        },
        "displacement": ("displacement", steps),
    }


PART = Part(_run)
