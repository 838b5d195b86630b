"""Gradient descent on plasticity rules through the unrolled inner loop (optax), in chunks that resume bit for bit.

An update scores one rule on trials drawn for that update and takes one step of Adam along the gradient, which is
shortened to a given norm first; a gradient that is not finite counts as none. The learning rate may fall exponentially.
A generation is one update or several.
Source: Confavreux et al., NeurIPS 2020; Kingma and Ba, Adam, arXiv:1412.6980.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from tqdm import tqdm

from synapseek_core.interfaces.costs import GRADIENT
from synapseek_core.interfaces.start import start_coordinates
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.search.curriculum import UNCHANGING, Curriculum, variables
from synapseek_core.search.history import generations_dataset
from synapseek_core.search.method import SearchMethod
from synapseek_core.search.objective import LossAndGradient, loss_and_gradient
from synapseek_core.search.settings.gradient import GradientSettings
from synapseek_core.seeds import Trials


def descend(
    loss_and_gradient: LossAndGradient,
    space: RuleSpace,
    settings: GradientSettings,
    seed: int,
    restart: int,
    generations: range,
    previous: xr.Dataset | None = None,
    curriculum: Curriculum = UNCHANGING,
) -> xr.Dataset:
    """Run one chunk of a search by gradient descent and return it.

    Arguments and result are those of `evolution.evolve`. The one member of a generation is the mean itself.
    """
    optimiser = _optimiser(settings)
    point = jnp.asarray(start_coordinates(space, settings, seed, restart)[0], jnp.float32)
    state = optimiser.init(point)
    if previous is not None:
        point = jnp.asarray(previous["state_point"].values)
        state = _restore(state, previous)
    step, progress = _stepper(loss_and_gradient, space, optimiser), curriculum.begin(previous)
    history: dict[str, list[Any]] = {name: [] for name in ("solution", "loss", "loss_of_mean")}
    path = [point]
    # disable=None: a bar where a person watches, nothing in a log file.
    for generation in tqdm(generations, desc=f"restart {restart}", unit="generation", disable=None):
        losses = []
        for update in range(generation * settings.updates, (generation + 1) * settings.updates):
            trials = Trials(seed, ("population", restart, update), settings.trials, progress.level)
            loss, point, state = step(point, state, trials)
            losses.append(loss)
        history["solution"].append(np.asarray(path[-1])[None])
        history["loss"].append(np.mean(losses, axis=0, dtype=np.float32))
        history["loss_of_mean"].append(history["loss"][-1])
        path.append(point)
        theta = space.from_coordinates(np.asarray(point))[None]
        progress = curriculum.after(progress, theta, seed, restart, generation)
    described = {
        "distribution_mean": (("generation_boundary", "distribution", "coordinate"), np.stack(path)[:, None]),
        **_state_variables(point, state),
        **variables(progress),
    }
    return generations_dataset(space, generations, history, described)


def _optimiser(settings: GradientSettings) -> optax.GradientTransformation:
    rate: Any = settings.learning_rate
    if settings.halving is not None:
        rate = optax.exponential_decay(settings.learning_rate, settings.halving * settings.updates, 0.5)
    return optax.chain(optax.clip_by_global_norm(settings.clipping), optax.adam(rate))


def _stepper(
    loss_and_gradient: LossAndGradient, space: RuleSpace, optimiser: optax.GradientTransformation
) -> Callable[[jax.Array, Any, Trials], tuple[np.ndarray, jax.Array, Any]]:
    """Return the function of one update: rule (coordinate,), optimiser's state, trials -> loss (1,), rule, state."""

    @jax.jit
    def move(point: jax.Array, state: Any, slope: jax.Array) -> tuple[jax.Array, Any]:
        slope = jnp.where(jnp.isfinite(slope).all(), slope, 0.0)
        update, state = optimiser.update(slope, state, point)
        return optax.apply_updates(point, update), state

    def step(point: jax.Array, state: Any, trials: Trials) -> tuple[np.ndarray, jax.Array, Any]:
        theta = space.from_coordinates(np.asarray(point))[None]
        loss, gradient = loss_and_gradient(theta, trials)
        # d loss / d coordinate = d loss / d theta * d theta / d coordinate
        slope = (space.slopes(theta) * gradient)[0].astype(np.float32)
        return loss, *move(point, state, slope)

    return step


def _state_variables(point: jax.Array, state: Any) -> dict[str, Any]:
    """Return the rule and the leaves of the optimiser's state (moments, step counts), in the order of its tree."""
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


METHOD = SearchMethod(loss_and_gradient, descend, GRADIENT)
