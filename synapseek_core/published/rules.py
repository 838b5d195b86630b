"""Correspondence of published searches and the studies of this project."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.interfaces.start import has_given_start, start_coordinates
from synapseek_core.interfaces.study import Study


def study_of(run: xr.Dataset, studies: Mapping[str, Study]) -> Study | None:
    """Return the study that the run names, else the first one whose published runs are of its kind; None without one.

    Of a kind are runs of the same task, synapse types, rule coordinates and neuron model.

    Args:
        run: contract `published_run`.
        studies: by name.
    """
    of_kind = {name: study for name, study in studies.items() if _matches(study, run)}
    return of_kind.get(str(run.attrs.get("study", "")), next(iter(of_kind.values()), None))


def _matches(study: Study, run: xr.Dataset) -> bool:
    settings = study.settings
    return (
        study.task.name == run.attrs["task"]
        and settings.plasticity.synapse_types == tuple(run.attrs["synapse_types"].split())
        and settings.rule_space.coordinate_names == _coordinates(run)
        and _neuron_model(settings) == run.attrs["neuron_model"].lower()
    )


def _neuron_model(settings: StudySettings) -> str | None:
    """Return the name of the neuron model; None for rate neurons, which have none."""
    neuron = getattr(getattr(settings, "network", None), "neuron", None)
    return None if neuron is None else neuron.model


def _coordinates(run: xr.Dataset) -> tuple[str, ...]:
    return tuple(str(name) for name in run["coordinate"].values)


def search_from_start(settings: StudySettings, run: xr.Dataset) -> str | None:
    """Return the name of a study's first search that starts at the start of the published run; None without one."""
    space = settings.rule_space
    if space.coordinate_names != _coordinates(run):
        return None
    published = run["distribution_mean"].values[0]
    for name, search in settings.search.items():
        start = start_coordinates(space, search, settings.seed, 0)[0]
        if has_given_start(space, search) and np.allclose(start, published, rtol=1e-5, atol=1e-6):
            return name
    return None
