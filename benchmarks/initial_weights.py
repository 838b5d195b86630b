"""The rule at which each published search starts, simulated in its study, beside its published loss of generation 0.

    python benchmarks/initial_weights.py [TRIALS] [--threads 2]

Most searches start without plasticity, so that this loss tells about the network alone. Initial weights that are not
published are fitted to it. Published losses are means over the trials of one generation: ten, four of flexible rules.
"""

import argparse
import os

import numpy as np
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.published.table import bootstrap_interval
from synapseek_core.seeds import Trials, generator
from synapseek_core.studies import project

# Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025: companion data, loss of the first rule of each search.
PUBLISHED = {
    "stability_EE": 3.6,
    "stability_EI": 71.0,
    "stability_IE": 194.0,
    "stability_II": 2.9,
    "stability_IE_polynomial": 318.3,
    "stability_IE_mlp": 29.3,
    "familiarity_EE": 0.34,
    "familiarity_EI": 13.0,
    "familiarity_IE": 38.7,
    "familiarity_II": 0.24,
    "familiarity_EE_EI": 0.21,
    "familiarity_EE_IE": 0.25,
    "familiarity_EE_II": 0.27,
    "familiarity_EI_IE": 0.24,
}
COLUMNS = (
    Column("weight_EE", "1", "initial weight from excitatory to excitatory neurons, mean of its distribution"),
    Column("weight_EI", "1", "initial weight from excitatory to inhibitory neurons, mean of its distribution"),
    Column("weight_IE", "1", "initial weight from inhibitory to excitatory neurons, mean of its distribution"),
    Column("published", "1", "loss of the first rule in the published search"),
    Column("loss", "1", "loss of that rule, mean over trials"),
    Column("low", "1", "lower end of the bootstrap 95 % interval of the loss"),
    Column("high", "1", "upper end of the bootstrap 95 % interval of the loss"),
    Column("stopped", "1", "trials that were stopped"),
)


def main(count: int, threads: int) -> None:
    """Simulate every study and print a row of it."""
    compute = runtime.Compute(threads=threads)
    table = Table(COLUMNS)
    for name, published in PUBLISHED.items():
        study = project.load_study(name, "published")
        space, settings = study.settings.rule_space, study.settings
        theta = space.expand(settings.search["cma_es"].start, "start")
        trials = Trials(settings.seed, ("initial weights",), count)
        fitness = study.task.evaluate(study.task.simulate(RuleTable.of([theta], ["start"]), trials, compute))
        losses = fitness["loss_of_trial"].values[0]
        interval = bootstrap_interval(losses, generator(settings.seed, "initial weights", name))
        weights = [getattr(settings.network.weight, kind).mean for kind in ("EE", "EI", "IE")]
        stopped = float(np.sum(fitness["status"] != 0))
        table.add(name, *weights, published, losses.mean(), *interval, stopped)
    table.save("initial_weights", runtime.describe_device(runtime.choose_backend("auto", "auto")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="First rules of published searches")
    parser.add_argument("trials", type=int, nargs="?", default=10, help="trials of each rule")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads of the simulation")
    given = parser.parse_args()
    main(given.trials, given.threads)
