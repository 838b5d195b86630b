"""CMA-ES that starts again when it has converged: with ever larger populations (IPOP), or large and small ones (BIPOP).

A population is a multiple of the setting `population_size`. It is scored in as many generations, on the same trials,
and then moves the search distribution: all generations cost the same, and a run costs what its settings say, however
often it starts again. An attempt ends when losses and coordinates hardly change, the covariance is ill-conditioned,
the distribution diverges, or a step no longer moves its mean. The run learns the best mean of all attempts, by the
mean loss in the last `RECENT` generations of each.
Source: Auger and Hansen, CEC 2005 (IPOP); Hansen, GECCO 2009 (BIPOP); Hansen, arXiv:1604.00772 (criteria).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from evosax.algorithms import CMA_ES
from evosax.core.restart import BIPOPRestart, BIPOPRestartParams, IPOPRestart, IPOPRestartParams, cma_cond
from tqdm import tqdm

from synapseek_core.interfaces.start import start_coordinates
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.search.curriculum import UNCHANGING, Curriculum
from synapseek_core.search.evolution import built, chunk_dataset, fixed_types, restored_state, with_settings
from synapseek_core.search.method import SearchMethod
from synapseek_core.search.objective import Loss, population_loss
from synapseek_core.search.settings.restarting import RestartingCMAESSettings
from synapseek_core.seeds import Trials

RECENT = 10
"""Generations over which the loss of the mean is averaged to compare attempts; our choice."""

CONTROLLERS: Mapping[str, tuple[Any, Any]] = {
    "ipop_cma_es": (IPOPRestart, IPOPRestartParams),
    "bipop_cma_es": (BIPOPRestart, BIPOPRestartParams),
}

MEANINGS = {
    "population": (("candidate", "coordinate"), "rules of the population that is being scored"),
    "losses": (("candidate",), "their losses; missing where not scored yet"),
    "best_losses": (("recent_population",), "lowest losses of the last populations of this attempt"),
    "losses_of_mean": (("recent_generation",), "losses of the mean in the last generations of this attempt"),
    "learned_mean": (("coordinate",), "best mean of the attempts before"),
    "learned_covariance_shape": (("coordinate", "coordinate_other"), "covariance shape around that mean"),
    "learned_step_size": ((), "step size there"),
    "learned_loss": ((), "loss of that mean"),
}
"""Entries of `Run` in a file: dimensions and meaning."""


@dataclass(frozen=True)
class Run:
    """A run between two generations.

    Attributes:
        state: search distribution (evosax).
        restarts: which attempt this is, and what the next one follows from (evosax).
        population, losses, best_losses, ..., learned_loss: see `MEANINGS`.
    """

    state: Any
    restarts: Any
    population: np.ndarray
    losses: np.ndarray
    best_losses: np.ndarray
    losses_of_mean: np.ndarray
    learned_mean: np.ndarray
    learned_covariance_shape: np.ndarray
    learned_step_size: np.ndarray
    learned_loss: np.ndarray

    def with_best(self) -> Run:
        """Return the run with what it has learned so far, this attempt included."""
        seen = self.losses_of_mean[np.isfinite(self.losses_of_mean)]
        if not seen.size or not seen.mean() < self.learned_loss:
            return self
        return replace(
            self,
            learned_mean=np.asarray(self.state.mean),
            learned_covariance_shape=np.asarray(self.state.C),
            learned_step_size=np.asarray(self.state.std),
            learned_loss=np.asarray(seen.mean(), np.float32),
        )


@cache
def _defaults(strategy: CMA_ES) -> Any:
    return strategy.default_params


_is_degenerate = jax.jit(cma_cond)


@dataclass(frozen=True)
class Restarting:
    """One independent run of a search: how it begins, goes on and starts again.

    Attributes:
        space: rules and their search coordinates.
        settings: of the search.
        seed: the study's seed.
        restart: which independent run.
    """

    space: RuleSpace
    settings: RestartingCMAESSettings
    seed: int
    restart: int

    def begin(self) -> Run:
        """Return a run before its first generation."""
        count, size = len(self.space.names), self.settings.population_size
        strategy = self._of_size(size)
        state = fixed_types(strategy.init(self._root, self._start(0), self._parameters(strategy)))
        run = Run(
            state,
            self._controller.init(strategy),
            population=np.empty((0, count), np.float32),
            losses=np.empty(0, np.float32),
            best_losses=_missing(self._remembered(size)),
            losses_of_mean=_missing(RECENT),
            learned_mean=np.asarray(state.mean),
            learned_covariance_shape=np.asarray(state.C),
            learned_step_size=np.asarray(state.std),
            learned_loss=np.asarray(np.inf, np.float32),
        )
        return self._ask(run, 0)

    def resume(self, chunk: xr.Dataset) -> Run:
        """Return the run at the end of a chunk."""
        new = self.begin()
        saved = {name: chunk[f"state_{name}"].values for name in MEANINGS}
        restarts = {
            name: type(like)(chunk[f"state_restart_{name}"].item()) for name, like in asdict(new.restarts).items()
        }
        return Run(restored_state(new.state, chunk), new.restarts.replace(**restarts), **saved)

    def next(self, run: Run, loss: Loss, generation: int) -> tuple[Run, dict[str, Any]]:
        """Score the next rules of a run's population, move its distribution if they are the last, and return both.

        Returns:
            The run after the generation, and what the history keeps of the generation.
        """
        size = self.settings.population_size
        scored = int(np.isfinite(run.losses).sum())
        first = generation - scored // size
        solution = run.population[scored : scored + size]
        mean = self.space.from_coordinates(np.asarray(run.state.mean)[None])
        losses = loss(self.space.from_coordinates(solution), self._trials("population", first)).astype(np.float32)
        loss_of_mean = loss(mean, self._trials("mean", generation)).astype(np.float32)
        history = {
            "solution": solution,
            "loss": losses,
            "loss_of_mean": loss_of_mean,
            "population_size": np.int32(len(run.population)),
            "attempt": np.int32(run.restarts.restart_counter),
        }
        run = replace(
            run,
            losses=np.concatenate([run.losses[:scored], losses, run.losses[scored + size :]]),
            losses_of_mean=np.append(run.losses_of_mean[1:], loss_of_mean),
        )
        if scored + size == len(run.population):
            run = self._tell(run, first, generation + 1)
        return run, history

    def _tell(self, run: Run, first: int, generation: int) -> Run:
        """Move the distribution by a population that was drawn at generation `first`, and draw the next one."""
        strategy = self._of_size(len(run.population))
        parameters = self._parameters(strategy)
        _, tell_key = jax.random.split(self._key(first))
        population, losses = jnp.asarray(run.population), jnp.asarray(run.losses)
        state, _ = strategy.tell(tell_key, population, losses, run.state, parameters)
        run = replace(run, state=state, best_losses=np.append(run.best_losses[1:], run.losses.min()))
        if self._has_converged(run):
            run = self._start_again(run, generation)
        return self._ask(run, generation)

    def _start_again(self, run: Run, generation: int) -> Run:
        """Return the run at the start of its next attempt."""
        strategy = self._of_size(len(run.population))
        # Not one of the two keys that a generation's key is split into.
        key = jax.random.fold_in(self._key(generation), 2)
        _, _, state, restarts = self._controller.restart(
            key, strategy, run.state, self._parameters(strategy), run.restarts
        )
        return replace(
            run.with_best(),
            state=fixed_types(state.replace(mean=self._start(restarts.restart_counter))),
            restarts=restarts,
            best_losses=_missing(len(run.best_losses)),
            losses_of_mean=_missing(RECENT),
        )

    def _ask(self, run: Run, generation: int) -> Run:
        """Draw the population that is scored from a generation on."""
        strategy = self._of_size(run.restarts.active_population_size)
        ask_key, _ = jax.random.split(self._key(generation))
        population, state = strategy.ask(ask_key, run.state, self._parameters(strategy))
        return replace(run, state=state, population=np.asarray(population), losses=_missing(len(population)))

    def _has_converged(self, run: Run) -> bool:
        """Return whether the losses of this population and the best of the last ones are nearly the same, or the
        distribution is narrow, wide, ill-conditioned or too narrow to move."""
        # It looks at the distribution alone.
        if _is_degenerate(None, None, run.state, None, None, self._controller.restart_params):
            return True
        recent = run.best_losses[-self._remembered(len(run.population)) :]
        return bool(np.ptp(np.concatenate([recent, run.losses])) < self.settings.loss_tolerance)

    def _remembered(self, population_size: int) -> int:
        """Return the number of populations over which losses must be flat (Hansen, arXiv:1604.00772, B.3)."""
        return 10 + math.ceil(30 * len(self.space.names) / population_size)

    @cached_property
    def _controller(self) -> IPOPRestart | BIPOPRestart:
        own, (kind, parameters) = self.settings, CONTROLLERS[self.settings.method]
        return kind(
            self._of_size,
            own.population_size,
            (cma_cond,),
            parameters(
                tol_x=own.coordinate_tolerance,
                tol_condition_C=own.condition_number,
                population_size_multiplier=own.population_growth,
            ),
            lambda strategy, previous: self._parameters(strategy),
            lambda size: max(1, size // own.population_size) * own.population_size,
        )

    def _of_size(self, population_size: int) -> CMA_ES:
        return built(CMA_ES, population_size, len(self.space.names))

    def _parameters(self, strategy: CMA_ES) -> Any:
        return with_settings(_defaults(strategy), self.settings)

    def _start(self, attempt: int) -> jax.Array:
        start = start_coordinates(self.space, self.settings, self.seed, self.restart, attempt)
        return jnp.asarray(start[0], jnp.float32)

    @cached_property
    def _root(self) -> jax.Array:
        return jax.random.fold_in(jax.random.key(self.seed), self.restart)

    def _key(self, generation: int) -> jax.Array:
        return jax.random.fold_in(self._root, generation)

    def _trials(self, purpose: str, generation: int) -> Trials:
        return Trials(self.seed, (purpose, self.restart, generation), self.settings.trials)


def evolve(
    loss: Loss,
    space: RuleSpace,
    settings: RestartingCMAESSettings,
    seed: int,
    restart: int,
    generations: range,
    previous: xr.Dataset | None = None,
    curriculum: Curriculum = UNCHANGING,
) -> xr.Dataset:
    """Run one chunk of a search by CMA-ES with restarts and return it.

    Arguments and result are those of `evolution.evolve`; there is no curriculum. Variables `learned_*` are the search
    distribution at the best mean so far.
    """
    search = Restarting(space, settings, seed, restart)
    run = search.begin() if previous is None else search.resume(previous)
    history: list[dict[str, Any]] = []
    boundaries = [run.state]
    # disable=None: a bar where a person watches, nothing in a log file.
    for generation in tqdm(generations, desc=f"restart {restart}", unit="generation", disable=None):
        run, scored = search.next(run, loss, generation)
        history.append(scored)
        boundaries.append(run.state)
    columns = {name: [scored[name] for scored in history] for name in history[0]}
    chunk = chunk_dataset(space, generations, columns, boundaries)
    return chunk.assign(_attempts(columns) | _learned(run.with_best()) | _state(run))


def _missing(count: int) -> np.ndarray:
    return np.full(count, np.nan, np.float32)


def _attempts(columns: Mapping[str, list[Any]]) -> dict[str, Any]:
    return {name: ("generation", np.array(columns[name])) for name in ("population_size", "attempt")}


def _learned(run: Run) -> dict[str, Any]:
    return {
        "learned_mean": (("distribution", "coordinate"), run.learned_mean[None]),
        "learned_covariance_shape": (
            ("distribution", "coordinate", "coordinate_other"),
            run.learned_covariance_shape[None],
        ),
        "learned_step_size": ("distribution", run.learned_step_size[None]),
    }


def _state(run: Run) -> dict[str, Any]:
    """Return what the next chunk goes on from, besides the state of evosax's algorithm."""
    described = {name: (dims, getattr(run, name), meaning) for name, (dims, meaning) in MEANINGS.items()}
    for name, value in asdict(run.restarts).items():
        number = np.float32(value) if isinstance(value, float | jax.Array) else np.int32(value)
        described[f"restart_{name}"] = ((), number, name.replace("_", " "))
    return {
        f"state_{name}": (dims, value, {"units": "1", "long_name": f"state after the last generation: {meaning}"})
        for name, (dims, value, meaning) in described.items()
    }


METHOD = SearchMethod(population_loss, evolve)
