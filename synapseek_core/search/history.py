"""The files of a search: the content of one chunk, and the joined chunks of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.plasticity.family import RuleSpace

BY_GENERATION = ("solution", "loss", "loss_of_mean")
OPTIONAL_BY_GENERATION = ("success", "population_size", "attempt")
BY_BOUNDARY = ("distribution_mean", "covariance_shape", "step_size", "level")


def generations_dataset(
    space: RuleSpace, generations: range, history: Mapping[str, Sequence[np.ndarray]], variables: Mapping[str, Any]
) -> xr.Dataset:
    """Return the dataset of a chunk (contract `search`).

    Args:
        history: for each generation `solution` (member, coordinate), `loss` (member,), `loss_of_mean` (distribution,).
        variables: the path of the search distribution, and the state after the last generation.
    """
    names = list(space.coordinate_names)
    dims = {"solution": ("member", "coordinate"), "loss": ("member",), "loss_of_mean": ("distribution",)}
    by_generation = {name: (("generation", *dims[name]), np.stack(history[name])) for name in BY_GENERATION}
    return xr.Dataset(
        by_generation | dict(variables),
        coords={
            "generation": np.arange(generations.start, generations.stop, dtype=np.int32),
            "generation_boundary": np.arange(generations.start, generations.stop + 1, dtype=np.int32),
            "coordinate": names,
            "coordinate_other": names,
        },
    )


def label(chunk: xr.Dataset, search: str, restart: int) -> xr.Dataset:
    """Return the chunk with the search's name and the restart in it."""
    return chunk.assign_coords(
        search=((), search, {"units": "1", "long_name": "name of the search"}),
        restart=((), np.int32(restart), {"units": "1", "long_name": "independent run of the search"}),
    )


def join(chunks: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the whole history of a run from its chunks in order: losses, rules, and the distribution's path."""
    own = [name for name in (*BY_GENERATION, *OPTIONAL_BY_GENERATION) if name in chunks[0]]
    generations = xr.concat([c[own] for c in chunks], "generation")
    names = [name for name in BY_BOUNDARY if name in chunks[0]]
    # A chunk begins with the boundary that the one before ended with.
    parts = [chunks[0][names], *(c[names].isel(generation_boundary=slice(1, None)) for c in chunks[1:])]
    boundaries = xr.concat(parts, "generation_boundary")
    return xr.merge([generations, boundaries], combine_attrs="drop").assign_attrs(chunks[-1].attrs)


def join_runs(chunks: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """Return whole histories from the chunks of all searches and restarts, run by run; each begins at generation 0."""
    runs: list[list[xr.Dataset]] = []
    for chunk in chunks:
        if int(chunk["generation"][0]) == 0:
            runs.append([])
        runs[-1].append(chunk)
    return [join(run) for run in runs]
