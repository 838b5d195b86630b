"""The score of the stability task."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.status import Status
from synapseek_core.tasks.recurrent.stability.settings import StabilityStudy
from synapseek_core.tasks.recurrent.windows import inside_windows


def score(settings: StabilityStudy, activity: xr.Dataset) -> xr.Dataset:
    """Return the loss and the window rates of every rule."""
    protocol = settings.protocol
    inside = inside_windows(activity).isel(window=0, drop=True)
    rate = activity["filtered_rate"].where(inside)
    scored = ((rate - protocol.target_rate) ** 2 / (rate + protocol.loss_offset)).mean("rate_time")
    stopped = protocol.stop_penalty * (np.exp(-activity["stop_time"] / activity["duration"]) + 1)
    loss = scored.where(activity["status"] == Status.ok, stopped).transpose("rule", "trial")
    rates = activity["window_rate"].isel(window=0, drop=True)
    rates.attrs = {"units": "Hz", "long_name": "mean rate in the scored window; missing where stopped before"}
    return xr.Dataset(
        {
            "loss": loss.mean("trial"),
            "loss_of_trial": loss,
            "status": activity["status"],
            "rate": rates.where(activity["status"] == Status.ok),
            "rate_sd": activity["rate_sd"].isel(window=0, drop=True),
            "final_weight_mean": activity["final_weight_mean"],
            "final_weight_sd": activity["final_weight_sd"],
        }
    )
