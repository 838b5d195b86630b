"""The search methods by name. A new one is its settings in settings.py, one file, and one entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import xarray as xr

from synapseek_core.interfaces.costs import GRADIENT, VALUE_STORAGE, Cost
from synapseek_core.interfaces.task import Task
from synapseek_core.runtime import Compute
from synapseek_core.search import evolution, gradient, objective
from synapseek_core.search.history import label


@dataclass(frozen=True)
class SearchMethod:
    """A search method.

    Attributes:
        objective: (task, settings of the search, compute) -> what is minimised.
        effort: how much longer the objective takes than the loss of a rule.
        advance: (objective, rule space, settings, study seed, restart, generations, previous chunk or None, curriculum)
            -> chunk (contract `search`) with the complete state of the run, from which the next chunk goes on
            bit for bit.
    """

    objective: Callable[[Any, Any, Compute], Any]
    advance: Callable[..., xr.Dataset]
    effort: float = 1.0


METHODS: dict[str, SearchMethod] = {
    "cma_es": SearchMethod(objective.population_loss, evolution.evolve),
    "sep_cma_es": SearchMethod(objective.population_loss, evolution.evolve),
    "stein_variational_cma_es": SearchMethod(objective.population_loss, evolution.evolve),
    "gradient": SearchMethod(objective.loss_and_gradient, gradient.descend, GRADIENT),
}


def advance(
    task: Task, search: str, restart: int, generations: range, previous: xr.Dataset | None, compute: Compute
) -> xr.Dataset:
    """One chunk of one run of a search of the task's study.

    Args:
        search: name of the search in the study's settings.
        restart: which independent run.
        generations: which generations; they follow those of `previous`.
        previous: the chunk before, or None for the first.
    """
    study = task.settings
    settings = study.search[search]
    method = METHODS[settings.method]
    goal, curriculum = method.objective(task, settings, compute), objective.curriculum(task, settings, compute)
    chunk = method.advance(goal, study.rule_space, settings, study.seed, restart, generations, previous, curriculum)
    return label(chunk, search, restart)


def cost(task: Task, search: str, generations: int) -> Cost:
    """What so many generations of one run take; the networks of a generation can run side by side."""
    settings, space = task.settings.search[search], task.settings.rule_space
    one = task.cost(settings.rules_scored, settings.trials)
    numbers = settings.rules_scored * (len(space.names) + 1) + settings.distributions * len(space.names) ** 2
    effort = METHODS[settings.method].effort * generations * getattr(settings, "updates", 1)
    return replace(
        one,
        networks=generations * one.networks,
        core_seconds=effort * one.core_seconds,
        storage=VALUE_STORAGE * generations * numbers,
    )
