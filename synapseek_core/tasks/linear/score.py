"""The score of the task on linear rate networks."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.linear.loss import LOSSES, angles_to_components, subspace_angle
from synapseek_core.linear.objective import Objective
from synapseek_core.status import Status
from synapseek_core.tasks.linear.settings import RateStudy
from synapseek_core.tasks.linear.trials import build_network


def objective_of(settings: RateStudy) -> Objective:
    """Return what rules of a study are scored by."""
    protocol = settings.protocol
    return Objective(build_network(settings), LOSSES[protocol.loss], protocol.stop_penalty)


def score(settings: RateStudy, activity: xr.Dataset) -> xr.Dataset:
    """Return the loss of every rule, and the angles between its weight vectors and the components."""
    weights, components = activity["feedforward"].values, activity["principal_component"].values
    running = (activity["status"] == Status.ok).values
    loss = np.asarray(objective_of(settings).of_weights(weights[:, :, -1], components, running))
    degrees = {"units": "degree"}
    return xr.Dataset(
        {
            "loss": ("rule", loss.mean(axis=1)),
            "loss_of_trial": (("rule", "trial"), loss),
            "status": activity["status"],
            "angle": (
                ("rule", "trial", "step"),
                subspace_angle(weights, components[:, None]),
                degrees | {"long_name": "largest principal angle between weight vectors and leading components"},
            ),
            "angle_to_component": (
                ("rule", "trial", "step", "output", "component"),
                angles_to_components(weights, components[:, None]),
                degrees | {"long_name": "angle between a weight vector and a component, sign aside"},
            ),
        },
        coords={"rule": activity["rule"], "step": activity["step"]},
    )
