"""Random connectivity of a trial."""

from __future__ import annotations

import numpy as np

from synapseek_core.engine.network import Group, Plasticity, Projection


def all_to_all(pre: Group, post: Group) -> tuple[np.ndarray, np.ndarray]:
    """Return (row_start, targets) as in `Projection` of every pair once, without autapses."""
    return _as_rows(np.arange(pre.size * post.size), pre, post)


def random_pairs(
    pre: Group, post: Group, probability: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw connections, each pair independently with `probability`; no autapses, no multiple synapses.

    In-degrees are binomial, as Auryn's are (its out-degrees are somewhat narrower; in-degree is what sets rates).
    Returns (row_start, targets) as in `Projection`.
    """
    pairs = pre.size * post.size
    # The gaps between the chosen cells of the row-major matrix are geometric; a few more than needed are drawn.
    expected = pairs * probability
    draws = int(expected + 6 * np.sqrt(expected) + 100)

    def steps() -> np.ndarray:
        # A longer gap leads out of the matrix too, and their sum stays in 64 bits.
        return np.cumsum(np.minimum(generator.geometric(probability, draws), pairs + 1))

    cells = steps() - 1
    while cells[-1] < pairs:
        cells = np.concatenate([cells, cells[-1] + steps()])
    return _as_rows(cells[cells < pairs], pre, post)


def receptive_fields(
    pre: Group, post: Group, grid: int, radius: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw connections of each postsynaptic neuron to all presynaptic units within a disc: (row_start, targets).

    Unit k sits at row k // grid, column k % grid (rows beyond the grid may hold the last units); a neuron's centre is
    drawn uniformly from the grid x grid positions, and it takes the units at a squared distance below radius^2. Discs
    are cut at the border. Source: Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025 (program `RFConnection`).
    """
    centre = generator.integers(0, grid, (2, post.size))
    reach = np.arange(-int(radius), int(radius) + 1)
    offsets = np.array([(x, y) for x in reach for y in reach if x**2 + y**2 < radius**2]).reshape(-1, 2)
    row, column = centre[0] + offsets[:, :1], centre[1] + offsets[:, 1:]
    unit = row * grid + column
    inside = (row >= 0) & (column >= 0) & (column < grid) & (unit < pre.size)
    cells = unit * post.size + np.arange(post.size)
    return _as_rows(np.sort(cells[inside]), pre, post)


def _as_rows(cells: np.ndarray, pre: Group, post: Group) -> tuple[np.ndarray, np.ndarray]:
    """Return (row_start, targets) of the chosen cells of the row-major matrix of pairs, in order; no autapses."""
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
    per_synapse: bool = False,
) -> Projection:
    """Return a projection of connected pairs with one weight for all, one a presynaptic unit, or one a synapse."""
    row_start, targets = pairs
    size = len(targets) if per_synapse else pre.size
    weights = np.broadcast_to(np.asarray(weight, np.float32), (size,)).copy()
    return Projection(name, pre, post, transmitter, row_start, targets, weights, plasticity, per_synapse)
