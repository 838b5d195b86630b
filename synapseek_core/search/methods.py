"""The search methods by name. A new one is its settings in settings.py, one file, and one entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xarray as xr

from synapseek_core.runtime import Compute
from synapseek_core.search import evolution, gradient, objective
from synapseek_core.search.history import label
from synapseek_core.tasks.task import Task


@dataclass(frozen=True)
class SearchMethod:
    """A search method.

    Attributes:
        objective: (task, settings of the search, compute) -> what is minimised.
        advance: (objective, rule space, settings, study seed, restart, generations, previous chunk or None, curriculum)
            -> chunk (contract `search`) with the complete state of the run, from which the next chunk goes on
            bit for bit.
    """

    objective: Callable[[Any, Any, Compute], Any]
    advance: Callable[..., xr.Dataset]


METHODS: dict[str, SearchMethod] = {
    "cma_es": SearchMethod(objective.population_loss, evolution.evolve),
    "sep_cma_es": SearchMethod(objective.population_loss, evolution.evolve),
    "stein_variational_cma_es": SearchMethod(objective.population_loss, evolution.evolve),
    "gradient": SearchMethod(objective.loss_and_gradient, gradient.descend),
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
