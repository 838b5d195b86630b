"""Where rules come from: a prior box, published tables, a search, the neighbourhood of a learned rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core import datasets
from synapseek_core.analysis.spectrum import principal_axes
from synapseek_core.config import StudySettings
from synapseek_core.errors import ConfigurationError
from synapseek_core.plasticity import RuleSpace
from synapseek_core.seeds import generator

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class RuleOrigin:
    """One way to get rules.

    Attributes:
        needs: results that it is made from, for example `search` (the last chunk of every restart, in order) or
            `fitness/learned`.
        count: settings -> number of rules, known before anything is computed.
        sample: (settings, inputs by name) -> rules (contract `rules`).
    """

    needs: tuple[str, ...]
    count: Callable[[StudySettings], int]
    sample: Callable[[StudySettings, Inputs], xr.Dataset]


def rules(
    space: RuleSpace, theta: np.ndarray, names: Sequence[str], keep_spikes: Sequence[bool] | None = None
) -> xr.Dataset:
    """A rules dataset of theta (rule, parameter) in natural units."""
    keep = np.zeros(len(names), np.int8) if keep_spikes is None else np.asarray(keep_spikes, np.int8)
    return xr.Dataset(
        {
            "theta": (("rule", "parameter"), np.asarray(theta, np.float64)),
            "parameter_units": ("parameter", [parameter.unit for parameter in space.parameters]),
            "keep_spikes": ("rule", keep),
        },
        coords={"rule": list(names), "parameter": list(space.names)},
    )


def published_run(name: str) -> xr.Dataset:
    """A published search shipped with the package (contract `published_run`).

    Raises:
        ConfigurationError: there is none of that name.
    """
    folder = files("synapseek_core") / "data" / "published_runs"
    known = sorted(entry.name.removesuffix(".nc") for entry in folder.iterdir() if entry.name.endswith(".nc"))
    if name not in known:
        raise ConfigurationError(f"published_run = {name!r}: no such run; shipped: {', '.join(known)}")
    with as_file(folder / f"{name}.nc") as path:
        return datasets.read(path, datasets.PUBLISHED_RUN)


def _published_boundaries(settings: StudySettings) -> list[int]:
    """The rules before the search, after its generation 5 and at its end."""
    if settings.published_run is None:
        return []
    return [0, 5, published_run(settings.published_run).sizes["generation"]]


def _prior(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    """Uniform draws from the prior box; rule k is the same however many are drawn."""
    space = settings.rule_space
    low, high = np.array(space.expand(settings.prior.bounds, "prior.bounds")).T
    draws = [generator(settings.seed, "prior", k).random(len(low)) for k in range(settings.prior.samples)]
    theta = low + (high - low) * np.array(draws).reshape(-1, len(low))
    return rules(space, theta, [f"prior_{k:05d}" for k in range(len(theta))])


def _published(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    """Means of the published search distribution, in the order that the run went."""
    assert settings.published_run is not None
    run, space = published_run(settings.published_run), settings.rule_space
    found = tuple(str(name) for name in run["coordinate"].values)
    if found != space.coordinate_names:
        raise ConfigurationError(
            f"published_run = {settings.published_run!r}: its coordinates are {', '.join(found)}; the study's rules "
            f"have {', '.join(space.coordinate_names)}"
        )
    boundaries = _published_boundaries(settings)
    mean = run["distribution_mean"].sel(generation_boundary=boundaries).values
    names = [f"published_generation_{boundary}" for boundary in boundaries]
    return rules(space, space.from_coordinates(mean), names)


def _learned(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    """The start, the mean of every restart's final distribution, and draws from it."""
    space, draws = settings.rule_space, settings.degeneracy.draws
    coordinates = [space.to_coordinates(np.array(space.expand(settings.search.start, "search.start")))]
    names, restarts, means = ["start"], [-1], [1]
    for restart, chunk in enumerate(inputs["search"]):
        mean, axes, scales = search_distribution(chunk)
        noise = generator(settings.seed, "draws", restart).standard_normal((draws, len(mean)))
        coordinates += [mean, *(mean + (noise * scales) @ axes)]
        names += [f"restart_{restart}", *(f"restart_{restart}_draw_{k}" for k in range(draws))]
        restarts += [restart] * (1 + draws)
        means += [1] + [0] * draws
    dataset = rules(space, space.from_coordinates(np.array(coordinates)), names, np.array(means) == 1)
    return dataset.assign(
        restart_of_rule=(
            "rule",
            np.array(restarts, np.int32),
            {"units": "1", "long_name": "restart that learned the rule, -1 for the start of the search"},
        ),
        is_mean=(
            "rule",
            np.array(means, np.int8),
            {"units": "1", "long_name": "1 for a mean of the search distribution, 0 for a draw from it"},
        ),
    )


def search_distribution(chunk: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Final mean (coordinate,), principal axes (eigenvector, coordinate) and standard deviations along them."""
    last = chunk.isel(generation_boundary=-1)
    eigenvalues, axes = principal_axes(last["covariance_shape"].values)
    scales = float(last["step_size"]) * np.sqrt(eigenvalues)
    return last["distribution_mean"].values.astype(np.float64), axes, scales


def best_restart(learned: xr.Dataset, fitness: xr.Dataset) -> int:
    """The restart whose mean has the lowest loss on the evaluation trials."""
    losses = fitness["loss"].where((learned["is_mean"] == 1) & (learned["restart_of_rule"] >= 0))
    return int(learned["restart_of_rule"][int(losses.argmin("rule"))])


def signed_displacements(settings: StudySettings) -> np.ndarray:
    """Distances along an axis, both sides and zero, increasing."""
    distances = np.sort(np.array(settings.degeneracy.displacements))
    return np.concatenate([-distances[::-1], [0.0], distances])


def _neighbourhood(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    """Rules along the principal axes of the best restart's covariance, through its mean."""
    best = best_restart(inputs["rules/learned"], inputs["fitness/learned"])
    mean, axes, _ = search_distribution(inputs["search"][best])
    steps = signed_displacements(settings)
    coordinates = mean + axes[:, None, :] * steps[:, None]
    names = [f"eigenvector_{k}_{step:+g}" for k in range(len(axes)) for step in steps]
    theta = settings.rule_space.from_coordinates(coordinates.reshape(-1, len(mean)))
    return rules(settings.rule_space, theta, names)


ORIGINS: dict[str, RuleOrigin] = {
    "prior": RuleOrigin((), lambda s: s.prior.samples, _prior),
    "published": RuleOrigin((), lambda s: len(_published_boundaries(s)), _published),
    "learned": RuleOrigin(("search",), lambda s: 1 + s.search.restarts * (1 + s.degeneracy.draws), _learned),
    "neighbourhood": RuleOrigin(
        ("search", "rules/learned", "fitness/learned"),
        lambda s: len(s.rule_space.names) * (2 * len(s.degeneracy.displacements) + 1),
        _neighbourhood,
    ),
}
"""Every origin by its name, which is the name of its files."""


def origins_of(settings: StudySettings) -> list[str]:
    """The origins that give a study rules."""
    return [name for name, origin in ORIGINS.items() if origin.count(settings)]
