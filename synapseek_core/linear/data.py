"""Data sets of Gaussian inputs with random covariances of a chosen spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class DataSet(NamedTuple):
    """Inputs of one trial.

    Attributes:
        eigenvalues: (input,) of the covariance, largest first.
        eigenvectors: (input, input) as rows, in that order: the principal components.
        inputs: (step, input).
    """

    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    inputs: np.ndarray


class Batch(NamedTuple):
    """Several trials as arrays, in single precision.

    Attributes:
        weights: (trial, output, input) initial feedforward weights.
        inputs: (step, trial, input).
        components: (trial, component, input) leading eigenvectors, as many as there are outputs.
        variances: (trial, component) their eigenvalues.
    """

    weights: np.ndarray
    inputs: np.ndarray
    components: np.ndarray
    variances: np.ndarray

    @classmethod
    def of(cls, weights: Sequence[np.ndarray], sets: Sequence[DataSet], outputs: int) -> Batch:
        """Return the batch of initial weights (output, input) and data sets, one of each for every trial."""
        arrays = (
            np.stack(weights),
            np.stack([s.inputs for s in sets], axis=1),
            np.stack([s.eigenvectors[:outputs] for s in sets]),
            np.stack([s.eigenvalues[:outputs] for s in sets]),
        )
        return cls(*(array.astype(np.float32) for array in arrays))


def spectrum(law: str, decay: float, dimension: int, leading: int) -> np.ndarray:
    """Return the eigenvalues (input,) of a spectrum, in descending order, the largest equal to 1.

    `geometric`: decay^k, k = 0, 1, ...; `power`: (1 + k)^-decay; `floor`: the `leading` ones fall evenly from 1
    towards 1/2, the others are `decay`.
    """
    k = np.arange(dimension)
    values = {
        "geometric": decay**k,
        "power": (1.0 + k) ** -decay,
        "floor": np.where(k < leading, 1 - k / (2 * leading), decay),
    }
    return values[law]


def draw_data_set(eigenvalues: np.ndarray, steps: int, generator: np.random.Generator) -> DataSet:
    """Draw zero-mean Gaussian inputs whose covariance has these eigenvalues and uniformly random eigenvectors."""
    dimension = len(eigenvalues)
    q, r = np.linalg.qr(generator.standard_normal((dimension, dimension)))
    # Signs of R's diagonal make Q uniform over rotations (Mezzadri, Notices of the AMS 54:592, 2007).
    eigenvectors = (q * np.sign(np.diagonal(r))).T
    inputs = (generator.standard_normal((steps, dimension)) * np.sqrt(eigenvalues)) @ eigenvectors
    return DataSet(eigenvalues, eigenvectors, inputs)
