"""Continual familiarity detection beside the published results of Tyulmankov, Yang and Abbott, Neuron 110:544, 2022.

    python benchmarks/continual_familiarity.py [sign] [intervals] [capacity]

sign: the learned learning rate eta of ten free networks from the published start, of ten without plasticity at the
start, of ten from the opposite sign, and of ten that are forced to be Hebbian, at R = 3. intervals: networks of the
published size (100 inputs, 100 units) learned at R = 3 and by curriculum, on streams with repeat intervals up to 256:
HebbFF free and forced to be Hebbian, an LSTM, and the model of Bogacz and Brown. capacity: the largest repeat interval
that a curriculum reaches in networks of several sizes, with the updates and CPU minutes that it took. Written to
`benchmarks/results/continual_familiarity_*`: NetCDF, figures. Intervals and capacity go on where they stopped.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from files import RESULTS, attributes_of
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.analysis.capacity import PUBLISHED, fit_power_law, largest_interval
from synapseek_core.figures.comparison.comparison import StudyResults
from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.figures.figure import save
from synapseek_core.files import datasets
from synapseek_core.files.contracts.benchmark import BENCHMARK
from synapseek_core.files.contracts.contract import Contract
from synapseek_core.files.contracts.rules import GENERALISATION, SEARCH
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import SearchEnds, SearchHistory, analysis_of
from synapseek_core.pipeline.run import run
from synapseek_core.search.methods import advance
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

COMPUTE = runtime.Compute()
UPDATES = 50
"""Updates of a generation, in all studies."""

INTERVALS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
DESCENT = {
    "gradient": {"generations": 30, "trials": 8, "restarts": 2},
    "curriculum": {"generations": 200, "trials": 8, "restarts": 1},
}
TESTED: dict[str, dict[str, Any]] = {
    "continual_familiarity": DESCENT,
    "continual_familiarity_hebbian": DESCENT,
    "continual_familiarity_lstm": DESCENT,
    "continual_familiarity_bogacz_brown": {"cma_es": {"generations": 30, "trials": 8, "restarts": 1}},
}
"""Searches of the studies whose networks are tested at other repeat intervals."""

SIZES = {
    (25, 2): 200,
    (25, 4): 200,
    (25, 8): 300,
    (50, 2): 200,
    (50, 4): 400,
    (50, 8): 300,
    (50, 32): 500,
    (100, 4): 300,
    (400, 1): 400,
}
"""Inputs and units -> generations of the curriculum."""

RESTARTS = 3
"""Runs of the curriculum at each size."""

STREAMS_TESTED = 100_000
"""Streams that a run's curriculum looks at, as published: one in ten of a million. The more there are, the further a
network gets by chance."""


def learn(study: Study, search: str, restart: int) -> tuple[xr.Dataset, float]:
    """Return one run of a search, and its CPU minutes."""
    started = time.process_time()
    learned = advance(study.task, search, restart, range(study.settings.search[search].generations), None, COMPUTE)
    return learned, (time.process_time() - started) / 60


def sign() -> None:
    """Write eta of every run, and print how many are negative."""
    columns = (
        Column("eta_d", "1", "learned learning rate times the number of inputs"),
        Column("lambda", "1", "learned decay of the plastic weights"),
        Column("accuracy", "1", "share of right answers at R = 3, unseen streams"),
        Column("updates", "1", "gradient updates"),
        Column("minutes", "min", "CPU time"),
    )
    table, search = Table(columns), {"gradient": {"generations": 30, "trials": 16}}
    from_zero, opposite = ({"gradient": {**search["gradient"], "start": {"eta_d": start}}} for start in (0.0, 5.0))
    for label, name, changes in (
        ("free, from eta d = -5", "continual_familiarity", search),
        ("free, from eta d = 0", "continual_familiarity", from_zero),
        ("free, from eta d = 5", "continual_familiarity", opposite),
        ("forced Hebbian", "continual_familiarity_hebbian", search),
    ):
        study = project.load_study(name, "preview", {"search": changes})
        space, trials = study.settings.rule_space, Trials(study.settings.seed, ("benchmark",), 50)
        etas = []
        for restart in range(10):
            learned, minutes = learn(study, "gradient", restart)
            theta = space.from_coordinates(learned["distribution_mean"][-1].values)
            accuracy = study.task.success(theta, trials, COMPUTE).mean()
            etas.append(theta[0, 0])
            table.add(
                f"{label}, run {restart}", *theta[0, :2], accuracy, UPDATES * learned.sizes["generation"], minutes
            )
        print(f"{label}: eta < 0 in {sum(eta < 0 for eta in etas)} of {len(etas)} runs")
    table.save("continual_familiarity_sign", runtime.describe_device("jax"))


def interval_study(name: str) -> Study:
    """Return a study at published scale with streams of all repeat intervals to test on."""
    conditions = {f"R = {n}": {"stream": {"interval": n}} for n in INTERVALS}
    changes = {"search": TESTED[name], "generalisation": {"conditions": conditions, "trials": 4}}
    return project.load_study(name, "published", changes)


def networks_tested(study: Study) -> xr.Dataset:
    """Return networks that a study's searches learned, on these streams: of its file, or learned and written."""
    path = RESULTS / "continual_familiarity_intervals" / f"{study.name}.nc"
    attributes = attributes_of(study, "search", "generalisation", device=runtime.describe_device("jax"))
    if (kept := _kept(path, GENERALISATION, attributes)) is not None:
        return kept
    searches = {name: study.settings.search[name] for name in TESTED[study.name]}
    settings = study.settings.model_copy(update={"search": searches})
    started = time.process_time()
    done = run(replace(study, settings=settings), [SearchEnds()], COMPUTE)
    minutes = (time.process_time() - started) / 60
    datasets.write(done[analysis_of("generalisation")], GENERALISATION, path, attributes | {"cpu_minutes": minutes})
    return datasets.read(path, GENERALISATION)


def intervals() -> None:
    """Draw accuracy and positives of networks, learned at R = 3 or by curriculum, against the interval of the test."""
    results = []
    for study in map(interval_study, TESTED):
        tested = networks_tested(study)
        results.append(StudyResults(study, {analysis_of("generalisation"): tested}))
        print(f"{study.name}: {tested.attrs['cpu_minutes']:.1f} CPU minutes")
        for rule in tested["rule"].values[tested["origin"].values == "learned"]:
            accuracy = tested["accuracy"].sel(rule=rule, condition=[f"R = {n}" for n in INTERVALS]).mean("trial")
            shown = (f"{n}: {a:.3f}" for n, a in zip(INTERVALS, accuracy.values, strict=True))
            print(f"  {rule}:", ", ".join(shown), flush=True)
    figure = COMPARISONS["repeat_intervals_of_networks"].draw(results)
    save(figure, [str(RESULTS / "continual_familiarity_intervals.png")], "published")


def capacity_study(inputs: int, units: int) -> Study:
    """Return the study of the curriculum of networks of one size."""
    generations = SIZES[inputs, units]
    curriculum = {
        "generations": generations,
        "trials": 8 if inputs * units >= 400 else 16,
        "curriculum": {"trials": STREAMS_TESTED // generations},
    }
    changes: dict[str, Any] = {
        "base": "continual_familiarity_capacity",
        "network": {"inputs": inputs, "units": units},
        "search": {"curriculum": curriculum},
    }
    return project.load_study(f"capacity_{inputs}_{units}", "published", changes)


def curriculum_run(inputs: int, units: int, restart: int) -> xr.Dataset:
    """Return levels, learned eta and CPU minutes of a curriculum: of its file, or run and written if none has these
    settings."""
    path = RESULTS / "continual_familiarity_capacity" / f"{inputs}_{units}_{restart}.nc"
    study = capacity_study(inputs, units)
    attributes = attributes_of(study, "search", device=runtime.describe_device("jax"))
    if (kept := _kept(path, BENCHMARK, attributes)) is not None:
        return kept
    runtime.enable_compile_cache()
    learned, minutes = learn(study, "curriculum", restart)
    theta = study.settings.rule_space.from_coordinates(learned["distribution_mean"][-1, 0].values)
    found = datasets.describe(learned[["level", "success"]], SEARCH).assign(
        eta_d=((), theta[0], {"units": "1", "long_name": "learned learning rate times the number of inputs"}),
        minutes=((), minutes, {"units": "min", "long_name": "CPU time"}),
    )
    datasets.write(found, BENCHMARK, path, attributes)
    print(f"{path.stem}: R_max = {largest_interval([found])}, {minutes:.1f} CPU minutes", flush=True)
    return found


def capacity() -> None:
    """Write R_max of every size beside the published one, and the fitted laws: table, NetCDF and figure.

    It goes on where it stopped, with a run on each core.
    """
    columns = (
        Column("r_max", "1", "largest repeat interval that the curriculum of any run moved to"),
        Column("published", "1", "published R_max"),
        Column("eta_d", "1", "learned learning rate times the number of inputs"),
        Column("updates", "1", "gradient updates until R_max was reached"),
        Column("all_updates", "1", "gradient updates of a run"),
        Column("minutes", "min", "CPU time of all runs"),
    )
    jobs = [(*size, restart) for size in SIZES for restart in range(RESTARTS)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = list(pool.map(curriculum_run, *zip(*jobs, strict=True)))
    runs = {size: found[RESTARTS * k : RESTARTS * (k + 1)] for k, size in enumerate(SIZES)}
    table, reached = Table(columns), {size: largest_interval(own) for size, own in runs.items()}
    for (inputs, units), own in runs.items():
        best = max(own, key=lambda run: int(run["level"].max()))
        table.add(
            f"d = {inputs}, N = {units}",
            reached[inputs, units],
            PUBLISHED.get((inputs, units), np.nan),
            best["eta_d"].item(),
            UPDATES * int(best["level"].values.argmax()),
            UPDATES * SIZES[inputs, units],
            sum(run["minutes"].item() for run in own),
        )
    size, r_max = np.array(list(reached), float), np.array(list(reached.values()), float)
    of_synapses, of_both = fit_power_law(r_max, size.prod(1)), fit_power_law(r_max, *size.T)
    for name, law in (("(N d)^a", of_synapses), ("d^a N^b", of_both)):
        exponents = ", ".join(f"{e:.2f} +- {s:.2f}" for e, s in zip(law.exponents, law.errors, strict=True))
        print(f"R_max = {law.factor:.3g} {name}: {exponents}")
    table.save("continual_familiarity_capacity", runtime.describe_device("jax"))
    results = [StudyResults(capacity_study(*size), {SearchHistory(): own}) for size, own in runs.items()]
    figure = COMPARISONS["capacity"].draw(results)
    save(figure, [str(RESULTS / "continual_familiarity_capacity.png")], "published")


def _kept(path: Path, contract: Contract, attributes: dict[str, Any]) -> xr.Dataset | None:
    """Return the file if it is there and of these settings."""
    if not path.exists():
        return None
    done = datasets.read(path, contract)
    return done if done.attrs["settings"] == attributes["settings"] else None


PARTS = {"sign": sign, "intervals": intervals, "capacity": capacity}

if __name__ == "__main__":
    runtime.enable_compile_cache()
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
