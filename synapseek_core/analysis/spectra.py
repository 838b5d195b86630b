"""Spectra of the learned distributions, and distances between the learned rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy

from synapseek_core.theory.spectrum import correlations, participation_ratio, principal_axes


def spectra(covariances: Sequence[np.ndarray | None], count: int) -> dict[str, tuple]:
    """Return eigenvalues, eigenvectors, conditioning, participation ratio and correlations of each learned covariance.

    Args:
        covariances: of each learned rule (coordinate, coordinate); None, which gives NaN, for a search without one. If
            no search has one, there is nothing.
        count: number of coordinates.
    """
    if all(covariance is None for covariance in covariances):
        return {}
    missing = np.full((count, count), np.nan)
    axes = [(missing[0], missing) if c is None else principal_axes(c) for c in covariances]
    values = np.array([v for v, _ in axes])
    return {
        "eigenvalue": (("learned", "eigenvector"), values),
        "eigenvector_component": (("learned", "eigenvector", "coordinate"), np.array([a for _, a in axes])),
        "condition_number": (("learned",), values[:, -1] / np.maximum(values[:, 0], np.finfo(np.float32).tiny)),
        "participation_ratio": (("learned",), [participation_ratio(v) for v in values]),
        "correlation": (
            ("learned", "coordinate", "coordinate_other"),
            np.array([missing if c is None else correlations(c) for c in covariances]),
        ),
    }


def distances_between_solutions(coordinates: np.ndarray, solves: np.ndarray) -> np.ndarray:
    """Return the distance (learned, learned) of learned rules in search coordinates; NaN unless both solve the task."""
    return np.where(np.outer(solves, solves), scipy.spatial.distance.cdist(coordinates, coordinates), np.nan)
