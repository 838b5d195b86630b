"""Random connectivity of a trial."""

from __future__ import annotations

import numpy as np

from synapseek_core.engine.network import Group, Plasticity, Projection


def all_to_all(pre: Group, post: Group) -> tuple[np.ndarray, np.ndarray]:
    """Every pair once, without autapses: (row_start, targets) as in `Projection`."""
    return _as_rows(np.arange(pre.size * post.size), pre, post)


def random_pairs(
    pre: Group, post: Group, probability: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Each pair is connected independently with `probability`; no autapses, no multiple synapses.

    In-degrees are binomial, as Auryn's are (its out-degrees are somewhat narrower; in-degree is what sets rates).
    Returns (row_start, targets) as in `Projection`.
    """
    pairs = pre.size * post.size
    # The gaps between the chosen cells of the row-major matrix are geometric; a few more than needed are drawn.
    expected = pairs * probability
    draws = int(expected + 6 * np.sqrt(expected) + 100)
    cells = np.cumsum(generator.geometric(probability, draws)) - 1
    while cells[-1] < pairs:
        cells = np.concatenate([cells, cells[-1] + np.cumsum(generator.geometric(probability, draws))])
    return _as_rows(cells[cells < pairs], pre, post)


def _as_rows(cells: np.ndarray, pre: Group, post: Group) -> tuple[np.ndarray, np.ndarray]:
    """(row_start, targets) of the chosen cells of the row-major matrix of pairs, in increasing order; no autapses."""
    source, target = np.divmod(cells, post.size)
    target += post.start
    distinct = source + pre.start != target
    degrees = np.bincount(source[distinct], minlength=pre.size)
    return np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64), target[distinct].astype(np.int32)


def projection(
    name: str,
    pre: Group,
    post: Group,
    transmitter: str,
    pairs: tuple[np.ndarray, np.ndarray],
    weight: float | np.ndarray,
    plasticity: Plasticity | None = None,
) -> Projection:
    """A projection from connected pairs and a weight, one for all or one a presynaptic unit."""
    row_start, targets = pairs
    weights = np.broadcast_to(np.asarray(weight, np.float32), (pre.size,)).copy()
    return Projection(name, pre, post, transmitter, row_start, targets, weights, plasticity)
