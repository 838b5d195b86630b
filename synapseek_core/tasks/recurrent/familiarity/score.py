"""The score of the familiarity task."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.status import Status
from synapseek_core.tasks.recurrent.familiarity.settings import FamiliarityStudy
from synapseek_core.tasks.recurrent.windows import inside_windows


def score(settings: FamiliarityStudy, activity: xr.Dataset) -> xr.Dataset:
    """Return the loss, its parts, and the window rates of every rule."""
    protocol = settings.protocol
    ended = activity["status"] == Status.ok
    rate = activity["filtered_rate"].where(inside_windows(activity))
    above = (rate.sel(window="novel", drop=True) - protocol.novel_cut).clip(min=0)
    below = (protocol.familiar_cut - rate.sel(window="familiar", drop=True)).clip(min=0)
    parts = {
        "loss_familiar": (below / protocol.familiar_cut).mean("rate_time"),
        "loss_novel": (above / (protocol.novel_scale - protocol.novel_cut)).mean("rate_time"),
    }
    stopped = protocol.stop_penalty + np.exp(-activity["stop_time"] / activity["duration"])
    loss = xr.where(ended, sum(parts.values()) / 2, stopped).transpose("rule", "trial")
    text = "part of the loss while the {} pattern is on; missing where stopped before"
    described = {
        name: part.where(ended)
        .transpose("rule", "trial")
        .assign_attrs(units="1", long_name=text.format(name.removeprefix("loss_")))
        for name, part in parts.items()
    }
    rates = activity["window_rate"].where(ended).transpose("rule", "trial", "population", "window")
    rates.attrs = {"units": "Hz", "long_name": "mean rate in the scored window; missing where stopped before"}
    return xr.Dataset(
        {
            "loss": loss.mean("trial"),
            "loss_of_trial": loss,
            **described,
            "status": activity["status"],
            "rate": rates,
            "final_weight_mean": activity["final_weight_mean"],
            "final_weight_sd": activity["final_weight_sd"],
        }
    )
