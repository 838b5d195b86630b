"""The score of families of rules."""

from __future__ import annotations

import xarray as xr

from synapseek_core.measures.plausibility import constraints_met
from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy


def score(settings: FamiliesStudy, activity: xr.Dataset) -> xr.Dataset:
    """Return the loss, the metrics, and the constraints that are met, of every rule."""
    metrics = xr.Dataset({name: activity[f"metric_{name}"] for name in settings.recording.metrics})
    met = constraints_met(metrics, settings.plausible)
    loss = 1 - met["meets"].mean("constraint")
    scores = {"loss": loss.mean("trial"), "loss_of_trial": loss}
    scores |= {name: activity[name] for name in ("status", "input_rate", "final_weight_mean")}
    scores["simulated_share"] = (activity["stop_time"] / activity["duration"]).transpose("rule", "trial")
    return metrics.assign(met).assign(scores)
