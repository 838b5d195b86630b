"""The score of networks on streams."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.streams.entropy import FAILED, cross_entropy
from synapseek_core.tasks.streams.means import mean_where
from synapseek_core.tasks.streams.settings import ContinualFamiliarityStudy


def score(settings: ContinualFamiliarityStudy, activity: xr.Dataset) -> xr.Dataset:
    """Return the loss, accuracy, true and false positive rate, and mean hidden activity of every network."""
    logit, repeated = activity["logit"].values, activity["repeated"].values.astype(bool)
    loss = np.asarray(cross_entropy(logit, repeated)).mean(-1)
    loss = np.where(np.isfinite(loss), loss, FAILED)
    said = logit > 0
    measures = {
        "accuracy": ((said == repeated).mean(-1), "share of right answers"),
        "true_positive_rate": (mean_where(said, repeated), "share of repeats that were called so"),
        "false_positive_rate": (mean_where(said, ~repeated), "share of new patterns that were called repeats"),
    }
    described = {
        name: (("rule", "trial"), values.astype(np.float32), {"units": "1", "long_name": text})
        for name, (values, text) in measures.items()
    }
    kept = {name: activity[name] for name in ("status", "hidden_new", "hidden_repeated")}
    losses = {"loss": ("rule", loss.mean(axis=1)), "loss_of_trial": (("rule", "trial"), loss)}
    return xr.Dataset(losses | described | kept, coords={"rule": activity["rule"]})
