"""The network without plasticity in every study of synapse types, beside the losses at which published searches start.

    python benchmarks/initial_weights.py [TRIALS]

Of the published studies only the network in which IE is plastic is known in full. The initial weights of the others are
those whose loss without plasticity is the published loss of generation 0.
"""

import os
import sys

from table import Column, Table

from synapseek_core import runtime
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.seeds import Trials
from synapseek_core.studies import project

# Confavreux et al., PLoS Comput Biol 21(4) e1012910, 2025: companion data, loss of the first rule of each search.
PUBLISHED = {
    "stability_EE": 3.6,
    "stability_EI": 71.0,
    "stability_IE": 194.0,
    "stability_II": 2.9,
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
    Column("weight_EI", "1", "initial weight from excitatory to inhibitory neurons, mean of its law"),
    Column("weight_IE", "1", "initial weight from inhibitory to excitatory neurons, mean of its law"),
    Column("published", "1", "loss without plasticity in the published search"),
    Column("loss", "1", "loss without plasticity, mean over trials"),
    Column("lowest", "1", "lowest loss of a trial"),
    Column("highest", "1", "highest loss of a trial"),
    Column("stopped", "1", "trials that were stopped"),
)


def main(count: int) -> None:
    """Simulate every study and print a row of it."""
    compute = runtime.Compute(threads=os.cpu_count() or 1)
    table = Table(COLUMNS)
    for name, published in PUBLISHED.items():
        study = project.load_study(name, "published")
        space, settings = study.settings.rule_space, study.settings
        theta = space.expand(settings.search["cma_es"].start, "start")
        trials = Trials(settings.seed, ("initial weights",), count)
        fitness = study.task.evaluate(study.task.simulate(RuleTable.of([theta], ["start"]), trials, compute))
        losses = fitness["loss_of_trial"].values[0]
        weight = settings.network.weight
        stopped = int((fitness["status"] != 0).sum())
        table.add(
            name, weight.EI.mean, weight.IE.mean, published, losses.mean(), losses.min(), losses.max(), float(stopped)
        )
    table.save("initial_weights", runtime.describe_device(runtime.choose_backend("auto", "auto")))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
