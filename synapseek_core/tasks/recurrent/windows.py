"""The scored windows of a trial."""

from __future__ import annotations

import xarray as xr


def inside_windows(activity: xr.Dataset) -> xr.DataArray:
    """Return whether a time bin is in a scored window (time, trial, window)."""
    start, stop = activity["window_start"], activity["window_stop"]
    return (activity["rate_time"] > start + 1e-6) & (activity["rate_time"] <= stop + 1e-6)


def window_rates(activity: xr.Dataset) -> xr.DataArray:
    """Return the mean rate (rule, trial, population, window) in Hz over each scored window; NaN where not reached."""
    rate = activity["rate"].where(inside_windows(activity))
    return rate.mean("rate_time").transpose("rule", "trial", "population", "window")
