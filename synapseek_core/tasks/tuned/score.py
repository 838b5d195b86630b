"""The score of the tuned-inhibition task."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.status import Status
from synapseek_core.tasks.recurrent.windows import inside_windows
from synapseek_core.tasks.tuned.settings import TunedInhibitionStudy


def score(settings: TunedInhibitionStudy, activity: xr.Dataset) -> xr.Dataset:
    """Return the loss, the rate and the tuning of every rule.

    A trial whose status is not `ok` (a rule or a weight that is not finite) has the loss of a silent neuron.
    """
    protocol = settings.protocol
    inside = inside_windows(activity).isel(window=0, drop=True)
    rate = _filtered(settings, activity["neuron_rate"]).where(inside)
    scored = ((rate - protocol.target_rate) ** 2 / (rate + protocol.loss_offset)).mean(("rate_time", "neuron"))
    silent = protocol.target_rate**2 / protocol.loss_offset
    loss = scored.where(activity["status"] == Status.ok, silent).transpose("rule", "trial")
    rates = activity["window_rate"].isel(window=0, drop=True)
    rates.attrs = {"units": "Hz", "long_name": "mean rate in the scored window; missing where stopped before"}
    return xr.Dataset(
        {
            "loss": loss.mean("trial"),
            "loss_of_trial": loss,
            "rate": rates.where(activity["status"] == Status.ok),
            **{name: activity[name] for name in ("status", "input_rate", "final_weight_mean", "tuning_correlation")},
        }
    )


def _filtered(settings: TunedInhibitionStudy, rate: xr.DataArray) -> xr.DataArray:
    """Return the rate through an exponential filter, from 0 at the start of the trial."""
    # Here: a fifth of the time that every job needs to start.
    from scipy.signal import lfilter

    kept = np.exp(-settings.recording.bin / settings.protocol.rate_time_constant)
    return rate.copy(data=lfilter([1 - kept], [1, -kept], rate.values, axis=rate.get_axis_num("rate_time")))
