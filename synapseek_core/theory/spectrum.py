"""Principal axes of a covariance matrix."""

from __future__ import annotations

import numpy as np


def principal_axes(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues, stiffest (smallest) first, and eigenvectors as rows, of a covariance matrix.

    The matrix is (coordinate, coordinate), the results are (eigenvalue,) and (eigenvector, coordinate). A direction in
    which the search distribution is narrow is one that the loss pins (stiff); a wide one is free (sloppy). Signs are
    set so that each eigenvector's largest component is positive.
    """
    values, vectors = np.linalg.eigh(np.asarray(covariance, np.float64))
    axes = vectors.T
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return np.maximum(values, 0.0), axes


def participation_ratio(eigenvalues: np.ndarray) -> float:
    """Return the effective number of directions: (sum of eigenvalues)^2 / sum of their squares.

    It lies between 1 and the number of eigenvalues.
    """
    eigenvalues = np.asarray(eigenvalues, np.float64)
    return float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())


def correlations(covariance: np.ndarray) -> np.ndarray:
    """Return the correlation matrix of a covariance matrix (coordinate, coordinate)."""
    scale = np.sqrt(np.diagonal(covariance))
    return np.asarray(covariance) / np.outer(scale, scale)
