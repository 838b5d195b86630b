"""The published table: losses that published searches reached, our loss of their final rules, and our own searches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import scipy
import xarray as xr

from synapseek_core.interfaces.study import FINAL, START, Study
from synapseek_core.seeds import generator
from synapseek_core.status import Status

LAST_GENERATIONS = 20
"""Generations whose published losses are summarised."""

CONFIDENCE = 0.95
RESAMPLES = 9999


def bootstrap_interval(losses: np.ndarray, random: np.random.Generator) -> tuple[float, float]:
    """Return the bootstrap interval (bias-corrected and accelerated) of the mean of losses (trial,) at `CONFIDENCE`.

    Equal losses, as of a rule that fails in the same way in every trial, leave nothing to resample: the interval is a
    point. Source: Efron, J Am Stat Assoc 82:171, 1987.
    """
    if np.ptp(losses) == 0:
        return float(losses[0]), float(losses[0])
    found = scipy.stats.bootstrap((losses,), np.mean, confidence_level=CONFIDENCE, n_resamples=RESAMPLES, rng=random)
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def first_generation_at(losses: np.ndarray, level: float) -> float:
    """Return the first generation whose loss is at most `level`; NaN if there is none. `losses` is (generation,)."""
    reached = np.flatnonzero(losses <= level)
    return float(reached[0]) if len(reached) else np.nan


def published_table(
    runs: Mapping[str, xr.Dataset],
    studies: Mapping[str, Study],
    names: Mapping[str, str],
    fitness: Mapping[str, xr.Dataset],
    searches: Mapping[str, Sequence[xr.Dataset]],
    changes: Mapping[str, Mapping[str, Any]],
) -> xr.Dataset:
    """Return the published table (contract `published_table`): a row for each run.

    Beside the runs it has the searches of this project that began where a run did.

    Args:
        runs: name -> published run (contract `published_run`).
        studies: name of a run -> its study at published scale, for the runs that have one.
        names: name of such a run -> name of its study.
        fitness: name of such a run -> fitness of its first and final rule.
        searches: name of a run -> whole searches of this project from its start (`history.join_runs`).
        changes: study -> its settings that differ from the published ones.
    """
    rows, own = [], []
    for name, run in runs.items():
        row = _published(run)
        median = float(row["published_median"])
        study = studies.get(name)
        rows.append(
            row.assign(
                _no_study(run) if study is None else _ours(study, names[name], name, fitness[name], median, changes)
            )
        )
        own += [_own_search(search, name, median) for search in searches.get(name, ())]
    table = xr.concat(rows, "run", join="outer").assign_coords(run=np.array(list(runs), object))
    return table.merge(xr.concat(own, "own_search", join="outer"), join="outer") if own else table


def _published(run: xr.Dataset) -> xr.Dataset:
    """Return the description of a run, its learning curve, and the losses of its last generations."""
    losses = run["loss_of_mean"].values
    last = losses[-LAST_GENERATIONS:]
    median = np.median(last)
    return xr.Dataset(
        {
            **{name: run.attrs[name] for name in ("task", "synapse_types", "neuron_model")},
            "published_loss": ("generation", losses),
            "published_start": losses[0],
            "published_median": median,
            "published_lowest": last.min(),
            "published_highest": last.max(),
            "published_reached": first_generation_at(losses, median),
        },
        coords={"generation": np.arange(len(losses), dtype=np.int32)},
    )


def _no_study(run: xr.Dataset) -> dict[str, Any]:
    """Return a row without losses of ours, and the reason."""
    task, neuron, count = run.attrs["task"], run.attrs["neuron_model"], run.sizes["coordinate"]
    types = " and ".join(run.attrs["synapse_types"].split())
    missing = ("loss", "interval_low", "interval_high", "start_loss", "start_low", "start_high", "stopped_trials")
    return dict.fromkeys(missing, np.nan) | {
        "study": "",
        "protocol": "",
        "fitted": "",
        "superseded": 0,
        "note": f"no study of {task} with {neuron} neurons and this rule of {count} parameters on {types}",
        "loss_of_trial": xr.DataArray(np.empty(0), {"trial": np.empty(0, np.int32)}, "trial"),
        "holds": -1,
    }


def _ours(
    study: Study, of: str, name: str, fitness: xr.Dataset, median: float, changes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return our losses of the first and final rule, and whether the final one's interval has the published median."""
    first, final = (fitness.sel(rule=rule, drop=True) for rule in (START, FINAL))
    random = generator(study.settings.seed, "published_table", "bootstrap", name)
    low, high = bootstrap_interval(final["loss_of_trial"].values, random)
    start_low, start_high = bootstrap_interval(first["loss_of_trial"].values, random)
    experiment = study.definition.published_experiment
    differing = [f"{key} = {value}" for key, value in _flat(changes.get(of, {}))]
    return {
        "study": of,
        "protocol": experiment.protocol,
        "fitted": "; ".join(f"{key}: {reason}" for key, reason in experiment.fitted.items()),
        "superseded": int(experiment.superseded),
        "note": "changed: " + ", ".join(differing) if differing else "",
        "start_loss": first["loss"],
        "start_low": start_low,
        "start_high": start_high,
        "loss": final["loss"],
        "loss_of_trial": final["loss_of_trial"],
        "interval_low": low,
        "interval_high": high,
        "stopped_trials": (final["status"] != Status.ok).sum(),
        "holds": int(low <= median <= high),
    }


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Return keys and values of nested settings, with keys such as `network.excitatory`."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _own_search(search: xr.Dataset, run: str, median: float) -> xr.Dataset:
    """Return one of our searches; among its several distributions the one with the lowest loss counts."""
    losses = search["loss_of_mean"].min("distribution").values
    label = "/".join((search.attrs["study"], str(search["search"].values), str(int(search["restart"]))))
    return xr.Dataset(
        {
            "run_of_search": run,
            "scale_of_search": search.attrs["scale"],
            "generations_of_search": len(losses),
            "search_loss": ("generation", losses),
            "search_reached": first_generation_at(losses, median),
        },
        coords={"generation": search["generation"].values, "own_search": label},
    )


def searches_of(table: xr.Dataset, run: str) -> list[xr.Dataset]:
    """Return the rows of a published table that are searches of this project from the start of a run."""
    if "own_search" not in table.dims:
        return []
    return [table.sel(own_search=name) for name in table["own_search"].values[table["run_of_search"].values == run]]
