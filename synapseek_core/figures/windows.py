"""Panels with the spike-timing window of a rule."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from synapseek_core.theory.spike_timing import spike_timing_window

LAGS = np.linspace(-0.2, 0.2, 801)
LAG_LABEL = r"$t_\mathrm{post} - t_\mathrm{pre}$ (ms)"
CHANGE_LABEL = r"Weight change $\Delta w / \eta$"


def window(axes: plt.Axes, space: Any, index: int, theta: np.ndarray, label: str | None, **style: Any) -> None:
    """Draw the window of a rule theta (parameter,) on the synapse type at `index` of the space of rules."""
    change = spike_timing_window(space.family, space.by_synapse_type(theta)[index], LAGS)
    # Each half is drawn on its own: at lag 0 the window jumps.
    for half, shown in ((LAGS < 0, label), (LAGS > 0, None)):
        axes.plot(LAGS[half] * 1e3, change[half], label=shown, **style)


def zero_lines(axes: plt.Axes) -> None:
    """Draw lines at lag 0 and at change 0."""
    axes.axhline(0, color="0.7", lw=0.5, zorder=0)
    axes.axvline(0, color="0.7", lw=0.5, zorder=0)
