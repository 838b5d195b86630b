"""Test of whether rules fall into clusters or fill one cloud."""

from __future__ import annotations

import numpy as np
import scipy

from synapseek_core.seeds import generator

STARTS = 5
"""Of the search for two clusters."""

SIMULATIONS = 200
"""Sets of normally distributed rules that rules are compared with."""

FEWEST = 8
"""Rules, below which there is no test."""


def cluster_probability(z: np.ndarray, seed: int) -> float:
    """Return the probability that normally distributed rules fall into two clusters as well as these rules.

    The normal distribution has the mean and the covariance of the rules.

    The measure is the cluster index, the spread within the two best clusters over the whole spread. A small probability
    says that there are clusters; NaN for too few rules.

    Args:
        z: (rule, parameter) as standard normal numbers of the prior.

    Source: Liu et al., J Am Stat Assoc 103:1281, 2008 (SigClust), with the sample covariance.
    """
    if len(z) < FEWEST:
        return float("nan")
    draw = generator(seed, "clusters", len(z))
    found = _cluster_index(z, draw)
    # The same rank as the rules have, however few they are.
    centred = z - z.mean(axis=0)
    mixed = (draw.standard_normal((len(z), len(z))) @ centred / np.sqrt(len(z) - 1) for _ in range(SIMULATIONS))
    return float(np.mean([_cluster_index(one, draw) <= found for one in mixed]))


def _cluster_index(z: np.ndarray, draw: np.random.Generator) -> float:
    """Return the smallest cluster index of several starts."""
    centred = z - z.mean(axis=0)
    spread = []
    for _ in range(STARTS):
        centres, labels = scipy.cluster.vq.kmeans2(centred, 2, minit="++", seed=draw)
        spread.append(np.square(centred - centres[labels]).sum())
    return float(min(spread) / np.square(centred).sum())
