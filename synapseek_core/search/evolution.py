"""Evolution of plasticity rules by CMA-ES (evosax), in chunks of generations that resume bit for bit.

A generation asks the search distribution for rules, lets a task score them on trials drawn for that generation, tells
the scores, and scores the distribution's mean on trials of its own. Every random number comes from (study seed,
restart, generation), so that a run cut into chunks equals an uncut one.
Source: Hansen, The CMA evolution strategy: a tutorial, arXiv:1604.00772; Confavreux et al., PLoS Comput Biol 2025.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from evosax.algorithms import CMA_ES
from tqdm import tqdm

from synapseek_core.config import SearchSettings
from synapseek_core.plasticity import RuleSpace
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.tasks.task import Task

Loss = Callable[[np.ndarray, Trials], np.ndarray]
"""(rule, parameter) in natural units and trials -> (rule,) loss, finite for every rule."""

STATE_MEANING = {
    "mean": "mean of the search distribution",
    "std": "step size",
    "p_std": "evolution path of the step size",
    "p_c": "evolution path of the covariance",
    "C": "covariance shape",
    "B": "eigenvectors of the covariance shape, as columns",
    "D": "square roots of the eigenvalues of the covariance shape",
    "best_solution": "best rule seen",
    "best_fitness": "loss of the best rule seen",
    "generation_counter": "generations done",
}


def evolve(
    loss: Loss,
    space: RuleSpace,
    settings: SearchSettings,
    seed: int,
    restart: int,
    generations: range,
    previous: xr.Dataset | None = None,
) -> xr.Dataset:
    """One chunk of a search.

    Args:
        loss: scores rules.
        space: rules and their search coordinates.
        settings: of the search.
        seed: the study's seed.
        restart: which independent run.
        generations: which generations; they follow those of `previous`.
        previous: the chunk before, or None for the first.

    Returns:
        Contract `search`, with the complete state of the search after the last generation in `state_*`.
    """
    algorithm = CMA_ES(population_size=settings.population_size, solution=jnp.zeros(len(space.names)))
    parameters = algorithm.default_params.replace(std_init=jnp.float32(settings.step_size))
    root = jax.random.fold_in(jax.random.key(seed), restart)
    start = space.to_coordinates(np.array(space.expand(settings.start, "search.start")))
    state = algorithm.init(root, jnp.asarray(start, jnp.float32), parameters)
    if previous is not None:
        state = _restore(state, previous)
    history: dict[str, list[Any]] = {name: [] for name in ("solution", "loss", "loss_of_mean")}
    boundaries = [state]
    # disable=None: a bar where a person watches, nothing in a log file.
    for generation in tqdm(generations, desc=f"restart {restart}", unit="generation", disable=None):
        ask_key, tell_key = jax.random.split(jax.random.fold_in(root, generation))
        population, state = algorithm.ask(ask_key, state, parameters)

        def score(coordinates: np.ndarray, purpose: str, generation: int = generation) -> np.ndarray:
            trials = Trials(seed, (purpose, restart, generation), settings.trials)
            return loss(space.from_coordinates(coordinates), trials).astype(np.float32)

        losses = score(np.asarray(population), "population")
        history["solution"].append(np.asarray(population))
        history["loss"].append(losses)
        history["loss_of_mean"].append(score(np.asarray(state.mean)[None], "mean")[0])
        state, _ = algorithm.tell(tell_key, population, jnp.asarray(losses), state, parameters)
        boundaries.append(state)
    return _dataset(space, generations, history, boundaries)


def _restore(state: Any, previous: xr.Dataset) -> Any:
    saved = {}
    for field in dataclasses.fields(state):
        like = jnp.asarray(getattr(state, field.name))
        saved[field.name] = jnp.asarray(previous[f"state_{field.name}"].values, like.dtype)
    return state.replace(**saved)


def _dataset(space: RuleSpace, generations: range, history: dict[str, list[Any]], boundaries: list[Any]) -> xr.Dataset:
    names = list(space.coordinate_names)
    variables: dict[str, Any] = {
        "solution": (("generation", "member", "coordinate"), np.stack(history["solution"])),
        "loss": (("generation", "member"), np.stack(history["loss"])),
        "loss_of_mean": (("generation",), np.stack(history["loss_of_mean"])),
        "distribution_mean": (
            ("generation_boundary", "coordinate"),
            np.stack([np.asarray(s.mean) for s in boundaries]),
        ),
        "covariance_shape": (
            ("generation_boundary", "coordinate", "coordinate_other"),
            np.stack([np.asarray(s.C) for s in boundaries]),
        ),
        "step_size": (("generation_boundary",), np.stack([np.asarray(s.std) for s in boundaries])),
    }
    dims = ("coordinate", "coordinate_other")
    for field in dataclasses.fields(boundaries[-1]):
        value = np.asarray(getattr(boundaries[-1], field.name))
        value = value.astype(np.int32 if value.dtype.kind == "i" else np.float32)
        meaning = f"state after the last generation: {STATE_MEANING.get(field.name, field.name)}"
        variables[f"state_{field.name}"] = (dims[: value.ndim], value, {"units": "1", "long_name": meaning})
    return xr.Dataset(
        variables,
        coords={
            "generation": np.arange(generations.start, generations.stop, dtype=np.int32),
            "generation_boundary": np.arange(generations.start, generations.stop + 1, dtype=np.int32),
            "coordinate": names,
            "coordinate_other": names,
        },
    )


def join(chunks: list[xr.Dataset]) -> xr.Dataset:
    """The whole history of a run from its chunks in order: `loss_of_mean`, `loss`, and the distribution's path."""
    last = chunks[-1]
    generations = xr.concat([c[["solution", "loss", "loss_of_mean"]] for c in chunks], "generation")
    names = ["distribution_mean", "covariance_shape", "step_size"]
    # A chunk begins with the boundary that the one before ended with.
    parts = [chunks[0][names], *(c[names].isel(generation_boundary=slice(1, None)) for c in chunks[1:])]
    boundaries = xr.concat(parts, "generation_boundary")
    return xr.merge([generations, boundaries], combine_attrs="drop").assign_attrs(last.attrs)


def population_loss(task: Task, compute: Compute) -> Loss:
    """The loss of rules on a task."""

    def loss(theta: np.ndarray, trials: Trials) -> np.ndarray:
        names = [f"member_{k}" for k in range(len(theta))]
        return task.evaluate(task.simulate(theta, names, trials, compute))["loss"].values

    return loss


def join_restarts(chunks: list[xr.Dataset]) -> list[xr.Dataset]:
    """Whole histories from the chunks of all restarts, restart by restart: generation 0 begins a new one."""
    runs: list[list[xr.Dataset]] = []
    for chunk in chunks:
        if int(chunk["generation"][0]) == 0:
            runs.append([])
        runs[-1].append(chunk)
    return [join(run) for run in runs]
