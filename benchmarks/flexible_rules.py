"""Cost of rules that read the weight, the voltage and the currents, and the loss of the published MLP rule.

    python benchmarks/flexible_rules.py [TRIALS] [SECONDS]

The networks of stability_IE_polynomial and stability_IE_mlp at published scale (4096 + 1024 CVAIF neurons). CPU seconds
per biological second and network, input and building included, compilation not, on one thread: at about 20 Hz, under
rules that compute everything and change nothing, and under the final rule of the published MLP run. The difference to
the same network with the pair rule tells what an update costs.
"""

import sys
import time
from dataclasses import replace

import numpy as np
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.files.published_runs import published_run
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import fitness_of
from synapseek_core.pipeline.run import run
from synapseek_core.quantities import fixed
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

ORIGINAL = {"polynomial": 0.8, "mlp": 16.0}
"""CPU seconds per biological second of the original programs on the same kind of processor (polynomial: E 17-26 Hz;
MLP: 12 to 20)."""

COLUMNS = (
    Column("cpu_seconds", "1", "CPU seconds per biological second and network"),
    Column("original", "1", "the same of the original program"),
    Column("rate_e", "Hz", "mean excitatory rate"),
    Column("rate_i", "Hz", "mean inhibitory rate"),
    Column("updates", "s-1", "weight updates per biological second"),
    Column("update_time", "1e-9 s", "CPU time of an update beyond that of the pair rule"),
)


def study_at_20_hz(family: str, seconds: float) -> Study:
    """Return the study with fixed input, and IE weights at which excitatory neurons fire at about 20 Hz."""
    base = "stability_IE_mlp" if family == "mlp" else "stability_IE_polynomial"
    changes = {
        "network": {"weight": {"IE": 0.84}},
        "input": {"rate": 4.5},
        "protocol": {"training_time": seconds - 1, "scoring_time": 1, "highest_rate": 1e3, "lowest_rate": 0},
    }
    if family == "pair":
        start = dict.fromkeys(("alpha", "beta", "gamma", "kappa"), 0.0) | {"tau_pre": 0.02, "tau_post": 0.02}
        changes |= {
            "plasticity": {"family": "pair"},
            "prior": {"bounds": {name: (-2, 2) if value == 0 else (0.01, 0.1) for name, value in start.items()}},
            "search": {"cma_es": {"start": start}},
        }
    return project.load_study(base, "published", changes)


def silent_rule(family: str) -> np.ndarray:
    """Return a rule (parameter,) that computes everything and changes nothing."""
    names = study_at_20_hz(family, 2).settings.rule_space.names
    zero = ("pre_scale", "post_scale", "eta", "alpha", "beta", "gamma", "kappa")
    return np.array([0.0 if name.partition(".")[2] in zero else 0.1 for name in names])


def timed(study: Study, theta: np.ndarray) -> tuple[float, np.ndarray, float]:
    """Return CPU seconds per biological second, rates (population,), and weight updates per biological second."""
    compute, trials = runtime.Compute("numba", "cpu", 1), Trials(1, ("benchmark",), 1)
    rules = RuleTable.of([theta])
    protocol = study.settings.protocol.model_copy(update={"training_time": fixed(0.1), "scoring_time": 0.1})
    brief = study.settings.model_copy(update={"protocol": protocol})
    replace(study.task, settings=brief).simulate(rules, trials, compute)
    began = time.process_time()
    activity = study.task.simulate(rules, trials, compute)
    cpu, seconds = time.process_time() - began, float(activity["stop_time"].sum())
    rates = activity["rate"].mean("rate_time").values.ravel()
    network = study.settings.network
    synapses = network.excitatory * network.inhibitory * network.connection_probability
    return cpu / seconds, rates, synapses * float(rates.sum())


def losses_of_published_rule(count: int) -> np.ndarray:
    """Return the loss (trial,) of the final rule of the published MLP run, as the published table has it."""
    setup = project.load({"studies": {"stability_IE_mlp": None}, "published_table": {"trials": count}}).setup()
    study = setup.published.studies["stability_IE_mlp"]
    wanted = fitness_of(study.settings.published_run)
    return run(study, [wanted])[wanted]["loss_of_trial"].values[0]


def main(count: int, seconds: float) -> None:
    """Print a row a rule, then the published MLP run."""
    table = Table(COLUMNS)
    cheapest = np.nan
    for family in ("pair", "polynomial", "mlp"):
        cpu, rates, updates = timed(study_at_20_hz(family, seconds), silent_rule(family))
        cheapest = cpu if family == "pair" else cheapest
        table.add(family, cpu, ORIGINAL.get(family, np.nan), *rates, updates, 1e9 * (cpu - cheapest) / updates)
    study = project.load_study("stability_IE_mlp", "published")
    published = published_run(study.settings.published_run)
    theta = study.settings.rule_space.from_coordinates(published["distribution_mean"].values[-1])
    cpu, rates, updates = timed(study, theta)
    table.add("mlp, published rule", cpu, ORIGINAL["mlp"], *rates, updates, np.nan)
    losses = losses_of_published_rule(count)
    print(f"published MLP rule, {count} trials: {losses.mean():.3g} ({', '.join(f'{loss:.3g}' for loss in losses)})")
    print(f"published median of the last 20 generations: {np.median(published['loss_of_mean'].values[-20:]):.3g}")
    table.save("flexible_rules", runtime.describe_device(runtime.choose_backend("auto", "auto")))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 4, float(given[1]) if len(given) > 1 else 5.0)
