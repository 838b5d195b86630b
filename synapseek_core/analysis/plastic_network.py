"""What the loss pins and what it leaves free in networks that are learned whole, block of parameters by block."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from synapseek_core.files.datasets import dimensionless
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.seeds import generator
from synapseek_core.streams.network import StreamNetwork

Loss = Callable[[np.ndarray], np.ndarray]
"""(rule, parameter) in natural units -> (rule,) loss."""

SIZES = (0.03, 0.1, 0.3, 1.0)
"""Perturbations over the size of what they perturb."""

DRAWS = 8
ETA_FACTORS = np.linspace(-2, 2, 17)
DECAY_SHIFTS = np.linspace(-4, 4, 17)
"""The plane of plasticity around a network: eta times a factor, logit lambda plus a shift."""


def networks_looked_at(network: StreamNetwork) -> int:
    """Return the number of networks that `pinned_and_free` scores."""
    return len(network.places) * len(SIZES) * DRAWS + len(ETA_FACTORS) * len(DECAY_SHIFTS)


def blocks_of(network: StreamNetwork, theta: np.ndarray) -> dict[str, tuple]:
    """Return mean and root mean square of every block of theta (learned, parameter), as variables."""
    parts = [theta[:, place] for place in network.places.values()]
    mean, square = ([function(part).mean(1) for part in parts] for function in (np.asarray, np.square))
    return {
        "block_mean": dimensionless(("learned", "block"), np.stack(mean, 1), "mean of the block's parameters"),
        "block_rms": dimensionless(("learned", "block"), np.sqrt(np.stack(square, 1)), "root mean square of the block"),
    }


def perturbed_losses(network: StreamNetwork, space: RuleSpace, theta: np.ndarray, loss: Loss, seed: int) -> dict:
    """Return the mean loss over draws of a network theta (parameter,) with one block perturbed, as a variable.

    The perturbation is Gaussian in search coordinates; its size is in units of the block's root mean square, or for a
    parameter searched in a logarithm or logit of 1.
    """
    losses = np.empty((len(network.places), len(SIZES)))
    for row, (name, place) in enumerate(network.places.items()):
        noise = generator(seed, "perturbation", name).standard_normal((DRAWS, place.stop - place.start))
        unit = np.sqrt((theta[place] ** 2).mean()) if space.linear[place].all() else 1.0
        moved = np.tile(space.to_coordinates(theta), (len(SIZES), DRAWS, 1))
        moved[..., place] += np.array(SIZES)[:, None, None] * unit * noise
        found = loss(space.from_coordinates(moved).reshape(-1, len(theta)))
        losses[row] = found.reshape(len(SIZES), DRAWS).mean(1)
    meaning = "loss of the best network, one block perturbed, mean over draws"
    return {"perturbed_loss": dimensionless(("block", "perturbation"), losses, meaning)}


def plasticity_plane(network: StreamNetwork, theta: np.ndarray, loss: Loss) -> xr.Dataset:
    """Return the loss of a network theta (parameter,) over its two parameters of plasticity, all others as they are."""
    eta, decay = (int(network.places[name].start) for name in ("eta_d", "lambda"))
    etas = abs(theta[eta]) * ETA_FACTORS
    decays = 1 / (1 + (1 / theta[decay] - 1) * np.exp(-DECAY_SHIFTS))
    moved = np.tile(theta, (len(etas), len(decays), 1))
    moved[..., eta], moved[..., decay] = etas[:, None], decays
    losses = loss(moved.reshape(-1, len(theta))).reshape(len(etas), len(decays))
    return xr.Dataset(
        {
            "loss_of_plasticity": dimensionless(
                ("eta", "decay"), losses, "loss of the best network with this plasticity"
            ),
            "centre_of_plasticity": dimensionless(("plasticity_parameter",), theta[[eta, decay]], "its own plasticity"),
        },
        coords={"eta": etas, "decay": decays, "plasticity_parameter": ["eta_d", "lambda"]},
    )


def pinned_and_free(
    network: StreamNetwork, space: RuleSpace, learned: np.ndarray, best: np.ndarray, loss: Loss, seed: int
) -> xr.Dataset:
    """Return the variables of the contract `degeneracy` that only studies of learned networks have.

    Args:
        learned: (learned, parameter) all learned networks, in natural units.
        best: (parameter,) the one to look at.
        loss: of networks on the evaluation trials.
        seed: the study's seed.
    """
    result = xr.Dataset(
        blocks_of(network, learned) | perturbed_losses(network, space, best, loss, seed),
        coords={"block": list(network.places), "perturbation": list(SIZES)},
    )
    if {"eta_d", "lambda"} <= network.places.keys():
        result = result.merge(plasticity_plane(network, best, loss))
    return result
