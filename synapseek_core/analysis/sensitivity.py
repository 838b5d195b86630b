"""Directions of the space of rules that the loss pins at an optimum, and directions that it leaves free."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from synapseek_core.files.datasets import dimensionless


def sensitivity(hessian: np.ndarray, coordinates: Sequence[str]) -> xr.Dataset:
    """Return the curvatures of the loss, a part of the contract `degeneracy`.

    Near the optimum the loss rises by h d^2 / 2 at a distance d along an eigenvector of the Hessian with eigenvalue h:
    a large eigenvalue is a stiff direction.

    Args:
        hessian: (coordinate, coordinate) of the loss.
        coordinates: their names.
    """
    symmetric = (np.asarray(hessian, np.float64) + np.asarray(hessian, np.float64).T) / 2
    values, vectors = np.linalg.eigh(symmetric)
    order = values.argsort()[::-1]
    return xr.Dataset(
        {
            "curvature": dimensionless(("sensitivity_axis",), values[order], "eigenvalues of the Hessian of the loss"),
            "curvature_axis": dimensionless(
                ("sensitivity_axis", "coordinate"), vectors.T[order], "eigenvectors of the Hessian of the loss"
            ),
            "curvature_of_parameter": dimensionless(
                ("coordinate",), np.diagonal(symmetric), "second derivative of the loss in each search coordinate"
            ),
        },
        coords={"coordinate": list(coordinates)},
    )
