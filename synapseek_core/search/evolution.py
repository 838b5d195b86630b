"""Evolution of plasticity rules (evosax), in chunks of generations that resume bit for bit.

A generation asks the search distribution for rules, lets a task score them on trials drawn for that generation, tells
the scores, and scores the distribution's mean on trials of its own. Every random number comes from (study seed,
restart, generation), so that a run cut into chunks equals an uncut one.

CMA-ES has one search distribution. Stein-variational CMA-ES has several that move together: the mean of each also
follows the gradient of a Gaussian kernel at the other means, which repels it, so that they settle on different rules.
Separable CMA-ES keeps only the diagonal of the covariance, which scales to thousands of coordinates.
Source: Hansen, The CMA evolution strategy: a tutorial, arXiv:1604.00772; Confavreux et al., PLoS Comput Biol 2025;
Braun et al., Stein variational evolution strategies, arXiv:2410.10390; Ros and Hansen, PPSN X, 2008.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from evosax.algorithms import CMA_ES, SV_CMA_ES, Sep_CMA_ES
from tqdm import tqdm

from synapseek_core.interfaces.start import start_coordinates
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.search.curriculum import UNCHANGING, Curriculum, variables
from synapseek_core.search.history import generations_dataset
from synapseek_core.search.method import SearchMethod
from synapseek_core.search.objective import Loss, population_loss
from synapseek_core.search.settings.evolution import CMAESSettings, EvolutionSettings, SteinVariationalSettings
from synapseek_core.seeds import Trials

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

SMALLEST_STEP = 1e-30
"""Step size that no search falls below: in single precision a smaller one becomes 0, and its rules no numbers."""

Algorithm = Callable[[Any, np.ndarray], tuple[Any, Any, np.ndarray]]
"""Settings and starts (distribution, coordinate) -> evosax algorithm, its parameters, its initial means."""


@cache
def built(kind: type, *arguments: int) -> Any:
    """Return an evosax algorithm, the same object for the same arguments, so that its code is compiled once.

    Args:
        arguments: those of `kind`, with the number of search coordinates for the solution.
    """
    *sizes, coordinates = arguments
    return kind(*sizes, jnp.zeros(coordinates))


def cma_es(settings: CMAESSettings, starts: np.ndarray) -> tuple[Any, Any, np.ndarray]:
    """Return the CMA-ES algorithm; see `Algorithm`."""
    algorithm = built(CMA_ES, settings.population_size, starts.shape[1])
    return algorithm, algorithm.default_params, starts[0]


def sep_cma_es(settings: EvolutionSettings, starts: np.ndarray) -> tuple[Any, Any, np.ndarray]:
    """Return the separable CMA-ES algorithm; see `Algorithm`."""
    algorithm = built(Sep_CMA_ES, settings.population_size, starts.shape[1])
    return algorithm, algorithm.default_params, starts[0]


def stein_variational_cma_es(settings: SteinVariationalSettings, starts: np.ndarray) -> tuple[Any, Any, np.ndarray]:
    """Return the Stein-variational CMA-ES algorithm; see `Algorithm`."""
    algorithm = built(SV_CMA_ES, settings.population_size, settings.particles, starts.shape[1])
    repulsion = {"kernel_std": settings.kernel_width, "alpha": settings.repulsion}
    return algorithm, algorithm.default_params.replace(**repulsion), starts


ALGORITHMS: dict[str, Algorithm] = {
    "cma_es": cma_es,
    "sep_cma_es": sep_cma_es,
    "stein_variational_cma_es": stein_variational_cma_es,
}


def evolve(
    loss: Loss,
    space: RuleSpace,
    settings: EvolutionSettings,
    seed: int,
    restart: int,
    generations: range,
    previous: xr.Dataset | None = None,
    curriculum: Curriculum = UNCHANGING,
) -> xr.Dataset:
    """Run one chunk of a search by an evolution strategy and return it.

    Args:
        loss: scores rules.
        space: rules and their search coordinates.
        settings: of the search, an `EvolutionSettings` with its method.
        seed: the study's seed.
        restart: which independent run.
        generations: which generations; they follow those of `previous`.
        previous: the chunk before, or None for the first.
        curriculum: how the level of the trials rises.

    Returns:
        Contract `search`, with the complete state of the search after the last generation in `state_*`.
    """
    starts = start_coordinates(space, settings, seed, restart)
    algorithm, parameters, means = ALGORITHMS[settings.method](settings, starts)
    parameters = with_settings(parameters, settings)
    root = jax.random.fold_in(jax.random.key(seed), restart)
    state = fixed_types(algorithm.init(root, jnp.asarray(means, jnp.float32), parameters))
    if previous is not None:
        state = restored_state(state, previous)
    history: dict[str, list[Any]] = {name: [] for name in ("solution", "loss", "loss_of_mean")}
    boundaries, progress = [state], curriculum.begin(previous)
    # disable=None: a bar where a person watches, nothing in a log file.
    for generation in tqdm(generations, desc=f"restart {restart}", unit="generation", disable=None):
        ask_key, tell_key = jax.random.split(jax.random.fold_in(root, generation))
        population, state = algorithm.ask(ask_key, state, parameters)
        mean = space.from_coordinates(np.asarray(state.mean).reshape(-1, len(space.names)))
        trials, trials_of_mean = (
            Trials(seed, (purpose, restart, generation), settings.trials, progress.level)
            for purpose in ("population", "mean")
        )
        losses = loss(space.from_coordinates(np.asarray(population)), trials).astype(np.float32)
        history["solution"].append(np.asarray(population))
        history["loss"].append(losses)
        history["loss_of_mean"].append(loss(mean, trials_of_mean).astype(np.float32))
        state, _ = algorithm.tell(tell_key, population, jnp.asarray(losses), state, parameters)
        boundaries.append(state)
        progress = curriculum.after(progress, mean, seed, restart, generation)
    return chunk_dataset(space, generations, history, boundaries).assign(variables(progress))


def with_settings(parameters: Any, settings: EvolutionSettings) -> Any:
    """Return the parameters of an evosax algorithm with those that all evolution strategies share."""
    return parameters.replace(
        std_init=jnp.float32(settings.step_size),
        std_min=jnp.float32(SMALLEST_STEP),
        c_mean=jnp.float32(settings.mean_learning_rate),
    )


def fixed_types(state: Any) -> Any:
    """Return a new state with the types that one from a file has, so that code is compiled once for both."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, leaf.dtype), state)


def restored_state(state: Any, previous: xr.Dataset) -> Any:
    """Return the state of an evosax algorithm at the end of a chunk; `state` is any of the same form."""
    saved = {}
    for field in dataclasses.fields(state):
        like = jnp.asarray(getattr(state, field.name))
        saved[field.name] = jnp.asarray(previous[f"state_{field.name}"].values, like.dtype)
    return state.replace(**saved)


def chunk_dataset(
    space: RuleSpace, generations: range, history: Mapping[str, Sequence[np.ndarray]], boundaries: list[Any]
) -> xr.Dataset:
    """Return a chunk (contract `search`) with the complete state of an evosax algorithm after its last generation.

    Args:
        history: see `history.generations_dataset`.
        boundaries: states of the algorithm before the first generation and after each.
    """
    count = len(space.names)
    dims = ("generation_boundary", "distribution", "coordinate", "coordinate_other")

    def path(field: str, *shape: int) -> tuple[tuple[str, ...], np.ndarray]:
        # A method with several distributions has an axis for them, CMA-ES has none.
        values = np.stack([np.asarray(getattr(s, field)).reshape(-1, *shape) for s in boundaries])
        return dims[: values.ndim], values

    # A diagonal covariance is in the state alone.
    full = {"covariance_shape": path("C", count, count)} if np.ndim(boundaries[-1].C) > 1 else {}
    described: dict[str, Any] = {"distribution_mean": path("mean", count), **full, "step_size": path("std")}
    several = ("distribution",) if np.ndim(boundaries[-1].mean) == 2 else ()
    for field in dataclasses.fields(boundaries[-1]):
        value = np.asarray(getattr(boundaries[-1], field.name))
        value = value.astype(np.int32 if value.dtype.kind == "i" else np.float32)
        meaning = f"state after the last generation: {STATE_MEANING.get(field.name, field.name)}"
        axes = (*several, "coordinate", "coordinate_other")[: value.ndim]
        described[f"state_{field.name}"] = (axes, value, {"units": "1", "long_name": meaning})
    return generations_dataset(space, generations, history, described)


METHOD = SearchMethod(population_loss, evolve)
