"""How many different rules do the same job: stiff and sloppy directions, correlations, and where restarts end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.analysis.spectrum import principal_axes


def participation_ratio(eigenvalues: np.ndarray) -> float:
    """Effective number of directions: (sum of eigenvalues)^2 / sum of their squares, between 1 and their number."""
    eigenvalues = np.asarray(eigenvalues, np.float64)
    return float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())


def correlations(covariance: np.ndarray) -> np.ndarray:
    """Correlation matrix of a covariance matrix (coordinate, coordinate)."""
    scale = np.sqrt(np.diagonal(covariance))
    return np.asarray(covariance) / np.outer(scale, scale)


def spectra(covariances: Sequence[np.ndarray]) -> dict[str, tuple]:
    """Eigenvalues, eigenvectors, conditioning, participation ratio and correlations of each restart's covariance."""
    axes = [principal_axes(c) for c in covariances]
    values = np.array([v for v, _ in axes])
    return {
        "eigenvalue": (("restart", "eigenvector"), values),
        "eigenvector_component": (("restart", "eigenvector", "coordinate"), np.array([a for _, a in axes])),
        "condition_number": (("restart",), values[:, -1] / np.maximum(values[:, 0], np.finfo(np.float32).tiny)),
        "participation_ratio": (("restart",), [participation_ratio(v) for v in values]),
        "correlation": (
            ("restart", "coordinate", "coordinate_other"),
            np.array([correlations(c) for c in covariances]),
        ),
    }


def distances_between_solutions(coordinates: np.ndarray, solves: np.ndarray) -> np.ndarray:
    """Euclidean distance (restart, restart) of learned rules in search coordinates; NaN unless both solve the task."""
    difference = coordinates[:, None, :] - coordinates[None, :, :]
    distance = np.sqrt((difference**2).sum(axis=-1))
    return np.where(np.outer(solves, solves), distance, np.nan)


def mean_field_table(
    rates: Mapping[str, np.ndarray | None], fitness: Mapping[str, xr.Dataset], population: str
) -> dict[str, Any]:
    """Predicted beside simulated rate of every rule that ran to its end in some trial.

    Args:
        rates: origin -> (rule, trial) predicted rate in Hz.
        fitness: origin -> fitness of the same rules.
        population: the postsynaptic population.
    """
    names, origins, predicted, simulated = [], [], [], []
    for origin, rate in rates.items():
        if rate is None:
            continue
        measured = fitness[origin]["rate"].sel(population=population).values
        # The prediction of a trial is compared with that trial: both means go over the same trials.
        both = np.isfinite(measured) & np.isfinite(rate)
        for k, name in enumerate(fitness[origin]["rule"].values):
            if both[k].any():
                names.append(f"{origin}/{name}")
                origins.append(origin)
                predicted.append(rate[k][both[k]].mean())
                simulated.append(measured[k][both[k]].mean())
    long_name = "{} rate of the postsynaptic population in the scored window, mean over trials"
    return {
        "rule": names,
        "origin": ("rule", origins, {"units": "1", "long_name": "where the rule comes from"}),
        "predicted_rate": (
            "rule",
            np.array(predicted, np.float32),
            {"units": "Hz", "long_name": long_name.format("mean-field")},
        ),
        "simulated_rate": (
            "rule",
            np.array(simulated, np.float32),
            {"units": "Hz", "long_name": long_name.format("simulated")},
        ),
    }
