"""Principal axes of a covariance matrix."""

from __future__ import annotations

import numpy as np


def principal_axes(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, smallest (stiffest) first, and eigenvectors as rows, of a covariance (coordinate, coordinate).

    A direction in which the search distribution is narrow is one that the loss pins (stiff); a wide one is free
    (sloppy). Signs are set so that each eigenvector's largest component is positive.
    """
    values, vectors = np.linalg.eigh(np.asarray(covariance, np.float64))
    axes = vectors.T
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return np.maximum(values, 0.0), axes


def participation_ratio(eigenvalues: np.ndarray) -> float:
    """Effective number of directions: (sum of eigenvalues)^2 / sum of their squares, between 1 and their number."""
    eigenvalues = np.asarray(eigenvalues, np.float64)
    return float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())


def correlations(covariance: np.ndarray) -> np.ndarray:
    """Correlation matrix of a covariance matrix (coordinate, coordinate)."""
    scale = np.sqrt(np.diagonal(covariance))
    return np.asarray(covariance) / np.outer(scale, scale)
