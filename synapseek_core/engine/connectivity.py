"""Random connectivity of a trial."""

from __future__ import annotations

import numpy as np

from synapseek_core.engine.network import Group, Plasticity, Projection


def all_to_all(pre: Group, post: Group) -> tuple[np.ndarray, np.ndarray]:
    """Every pair once, without autapses: (row_start, targets) as in `Projection`."""
    rows = [np.array([i for i in range(post.start, post.stop) if i != j], np.int32) for j in range(pre.start, pre.stop)]
    return _as_rows(np.array([len(row) for row in rows]), np.concatenate(rows))


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
    cells = cells[cells < pairs]
    source, target = np.divmod(cells, post.size)
    target += post.start
    distinct = source + pre.start != target
    source, target = source[distinct], target[distinct]
    return _as_rows(np.bincount(source, minlength=pre.size), target.astype(np.int32))


def _as_rows(degrees: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64), targets


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
