"""Gradient descent on plasticity rules through the unrolled inner loop (optax), in chunks that resume bit for bit.

A generation scores one rule on trials drawn for that generation and takes one step of Adam along the gradient, which is
shortened to a given norm first; a gradient that is not finite counts as none. The learning rate falls exponentially.
Source: Confavreux et al., NeurIPS 2020; Kingma and Ba, Adam, arXiv:1412.6980.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from tqdm import tqdm

from synapseek_core.plasticity import RuleSpace
from synapseek_core.search.history import generations_dataset
from synapseek_core.search.objective import LossAndGradient
from synapseek_core.search.settings import GradientSettings
from synapseek_core.search.start import start_coordinates
from synapseek_core.seeds import Trials


def descend(
    loss_and_gradient: LossAndGradient,
    space: RuleSpace,
    settings: GradientSettings,
    seed: int,
    restart: int,
    generations: range,
    previous: xr.Dataset | None = None,
) -> xr.Dataset:
    """One chunk of a search; arguments and result as of `evolution.evolve`. Its one member is the mean itself."""
    optimiser = _optimiser(settings)
    point = jnp.asarray(start_coordinates(space, settings, seed, restart)[0], jnp.float32)
    state = optimiser.init(point)
    if previous is not None:
        point = jnp.asarray(previous["state_point"].values)
        state = _restore(state, previous)
    history: dict[str, list[Any]] = {name: [] for name in ("solution", "loss", "loss_of_mean")}
    path = [point]
    # disable=None: a bar where a person watches, nothing in a log file.
    for generation in tqdm(generations, desc=f"restart {restart}", unit="generation", disable=None):
        theta = space.from_coordinates(np.asarray(point))[None]
        trials = Trials(seed, ("population", restart, generation), settings.trials)
        loss, gradient = loss_and_gradient(theta, trials)
        # d loss / d coordinate = d loss / d theta * d theta / d coordinate
        slope = np.where(space.logarithmic, theta, 1.0) * gradient
        slope = np.where(np.isfinite(slope).all(), slope, 0.0)
        history["solution"].append(np.asarray(point)[None])
        history["loss"].append(loss.astype(np.float32))
        history["loss_of_mean"].append(loss.astype(np.float32))
        update, state = optimiser.update(jnp.asarray(slope[0], jnp.float32), state, point)
        point = optax.apply_updates(point, update)
        path.append(point)
    variables = {
        "distribution_mean": (("generation_boundary", "distribution", "coordinate"), np.stack(path)[:, None]),
        **_state_variables(point, state),
    }
    return generations_dataset(space, generations, history, variables)


def _optimiser(settings: GradientSettings) -> optax.GradientTransformation:
    schedule = optax.exponential_decay(settings.learning_rate, settings.halving, 0.5)
    return optax.chain(optax.clip_by_global_norm(settings.clipping), optax.adam(schedule))


def _state_variables(point: jax.Array, state: Any) -> dict[str, Any]:
    """The rule and the leaves of the optimiser's state (moments, step counts), in the order of its tree."""
    attributes = {"units": "1", "long_name": "state after the last generation: the rule"}
    variables: dict[str, Any] = {"state_point": ("coordinate", np.asarray(point), attributes)}
    for index, leaf in enumerate(jax.tree.leaves(state)):
        attributes = {"units": "1", "long_name": f"state after the last generation: leaf {index} of optax's state"}
        variables[f"state_{index}"] = (("coordinate",)[: leaf.ndim], np.asarray(leaf), attributes)
    return variables


def _restore(state: Any, previous: xr.Dataset) -> Any:
    leaves, structure = jax.tree.flatten(state)
    saved = [jnp.asarray(previous[f"state_{k}"].values, leaf.dtype) for k, leaf in enumerate(leaves)]
    return jax.tree.unflatten(structure, saved)
