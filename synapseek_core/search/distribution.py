"""Results of searches: the distributions at the ends of their runs, and the best of their rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from synapseek_core.theory.spectrum import principal_axes


@dataclass(frozen=True)
class LearnedDistribution:
    """A search distribution at the end of a run.

    Attributes:
        name: label of its mean as a rule.
        search, restart, index: which run, and which of the run's distributions.
        mean: (coordinate,) the learned rule.
        covariance_shape: (coordinate, coordinate) covariance over step_size squared; None for a method without one.
        step_size: overall standard deviation.
    """

    name: str
    search: str
    restart: int
    index: int
    mean: np.ndarray
    covariance_shape: np.ndarray | None
    step_size: float

    def axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the principal axes (eigenvector, coordinate), stiffest first, and the standard deviation of each."""
        assert self.covariance_shape is not None
        eigenvalues, axes = principal_axes(self.covariance_shape)
        return axes, self.step_size * np.sqrt(eigenvalues)


def learned_distributions(searches: Sequence[xr.Dataset]) -> Iterator[LearnedDistribution]:
    """Return all distributions, in order, of the last chunks of all runs."""
    for chunk in searches:
        search, restart = str(chunk["search"].values), int(chunk["restart"])
        last = _end(chunk)
        for index in range(last.sizes["distribution"]):
            one = last.isel(distribution=index)
            suffix = f"_{index}" if last.sizes["distribution"] > 1 else ""
            has_covariance = "covariance_shape" in one
            yield LearnedDistribution(
                name=f"{search}_{restart}{suffix}",
                search=search,
                restart=restart,
                index=index,
                mean=one["distribution_mean"].values.astype(np.float64),
                covariance_shape=one["covariance_shape"].values if has_covariance else None,
                step_size=float(one["step_size"]) if has_covariance else 0.0,
            )


def _end(chunk: xr.Dataset) -> xr.Dataset:
    """Return the distributions that a run has learned: those at its end, or the best of its attempts."""
    last = chunk.isel(generation_boundary=-1)
    if "learned_mean" not in chunk:
        return last
    return last.assign(
        distribution_mean=chunk["learned_mean"],
        covariance_shape=chunk["learned_covariance_shape"],
        step_size=chunk["learned_step_size"],
    )


def is_learned(rules: xr.Dataset) -> np.ndarray:
    """Return which rules of `rules/learned` are the outcome of a run, neither starts nor draws."""
    return ((rules["is_mean"] == 1) & (rules["restart_of_rule"] >= 0)).values


def is_learned_by(tested: xr.Dataset, search: str) -> np.ndarray:
    """Return which rules of a generalisation file are the outcome of runs of a search."""
    return ((tested["origin"] == "learned") & (tested["search_of_rule"] == search)).values


def is_start(rules: xr.Dataset) -> np.ndarray:
    """Return which rules of `rules/learned` are the given starts of searches."""
    return (rules["restart_of_rule"] < 0).values


def best_rule(rules: xr.Dataset, fitness: xr.Dataset, among: Sequence[str] | np.ndarray | None = None) -> str:
    """Return the name of the learned rule (one of `among`, if given) with the lowest loss on the evaluation trials."""
    names = fitness["rule"].values
    candidates = is_learned(rules) & (np.isin(names, among) if among is not None else True)
    losses = np.where(candidates, fitness["loss"].values, np.inf)
    return str(names[losses.argmin()])
