"""One chunk of a run of a search by any method, and its cost."""

from __future__ import annotations

from dataclasses import replace

import xarray as xr

from synapseek_core.interfaces.costs import VALUE_STORAGE, Cost
from synapseek_core.interfaces.task import Task
from synapseek_core.runtime import Compute
from synapseek_core.search import objective
from synapseek_core.search.history import label
from synapseek_core.search.registry import METHODS


def advance(
    task: Task, search: str, restart: int, generations: range, previous: xr.Dataset | None, compute: Compute
) -> xr.Dataset:
    """Run one chunk of one run of a search of the task's study and return it.

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
    """Return the cost of so many generations of one run; the networks of a generation can run side by side."""
    settings, space = task.settings.search[search], task.settings.rule_space
    one = task.simulator.cost(settings.rules_scored, settings.trials)
    numbers = settings.rules_scored * (len(space.names) + 1) + settings.distributions * len(space.names) ** 2
    effort = METHODS[settings.method].effort * generations * getattr(settings, "updates", 1)
    return replace(
        one,
        networks=generations * one.networks,
        core_seconds=effort * one.core_seconds,
        storage=VALUE_STORAGE * generations * numbers,
    )
