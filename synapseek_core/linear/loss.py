"""Distance of weight vectors from principal components: losses to learn rules by, angles to report."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

COINCIDENT = 0.01
"""Weight vectors that differ by less than this share of their length count as the same."""


def ordered_loss(weights: jax.Array, components: jax.Array) -> jax.Array:
    """Return the mean over outputs of min(|w - c|^2, |w + c|^2): each output against its own component, sign aside.

    Args:
        weights, components: (..., output, input); components have length 1.
    """
    distances = [((weights + sign * components) ** 2).sum(-1) for sign in (-1, 1)]
    return jnp.minimum(*distances).mean(-1)


def subspace_loss(weights: jax.Array, components: jax.Array) -> jax.Array:
    """Return 1 - tr(P_W P_C) / m, plus the mean over outputs of (|w|^2 - 1)^2 / 4.

    P are the projectors on the m-dimensional spaces of weights and of components; the first term is the mean squared
    sine of the principal angles. The second keeps weight vectors at length 1 (near it: the squared distance).
    """
    outputs = weights.shape[-2]
    # A share of the identity keeps the inverse finite where weight vectors coincide.
    gram = weights @ jnp.swapaxes(weights, -1, -2) + COINCIDENT**2 * jnp.eye(outputs)
    overlap = weights @ jnp.swapaxes(components, -1, -2)
    explained = (jnp.linalg.solve(gram, overlap) * overlap).sum((-2, -1)) / outputs
    length = ((weights**2).sum(-1) - 1) ** 2 / 4
    return 1 - explained + length.mean(-1)


LOSSES = {"ordered": ordered_loss, "subspace": subspace_loss}


def angles_to_components(weights: np.ndarray, components: np.ndarray) -> np.ndarray:
    """Return the angle in degrees (..., output, component) of each weight vector to each component, sign aside."""
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = weights / np.linalg.norm(weights, axis=-1, keepdims=True)
    cosine = np.abs(unit @ np.swapaxes(components, -1, -2))
    return np.degrees(np.arccos(np.clip(cosine, 0, 1)))


def subspace_angle(weights: np.ndarray, components: np.ndarray) -> np.ndarray:
    """Return the largest principal angle in degrees (...) between the spaces of weight vectors and of components.

    90 where the weight vectors do not span as many dimensions as there are components; NaN where they are NaN.
    Source: Bjorck and Golub, Math Comput 27:579, 1973.
    """
    known = np.isfinite(weights).all((-2, -1))
    weights = np.where(known[..., None, None], weights, 0.0)
    basis, singular, _ = np.linalg.svd(np.swapaxes(weights, -1, -2), full_matrices=False)
    smallest = np.linalg.svd(np.swapaxes(basis, -1, -2) @ np.swapaxes(components, -1, -2), compute_uv=False)[..., -1]
    full = singular[..., -1] > COINCIDENT * singular[..., 0]
    angle = np.degrees(np.arccos(np.clip(np.where(full, smallest, 0.0), 0, 1)))
    return np.where(known, angle, np.nan)
