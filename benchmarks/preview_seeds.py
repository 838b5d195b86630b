"""The preview's search under several study seeds: does it learn, how fast, and does mean-field theory hold?

    python benchmarks/preview_seeds.py [SEED ...]

Each seed is one restart of stability_IE at preview scale from the published start. Printed: loss of the
distribution's mean at the start, the first generation below the loss of a solution, the median over the last five
generations, the loss of the final mean on evaluation trials, and its simulated and mean-field rate. One generation
below may be luck with its few trials: judge by the last two losses.
"""

import os
import sys

import numpy as np

from synapseek_core import runtime
from synapseek_core.analysis.parts.mean_field_rate import predicted_rate
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.search.methods import advance
from synapseek_core.seeds import Trials
from synapseek_core.studies import project


def learn(seed: int, compute: runtime.Compute) -> tuple[float, ...]:
    """Run the search of one seed and return its printed numbers."""
    study = project.load_study("stability_IE", "preview", {"seed": seed})
    settings = study.settings
    search = advance(study.task, "cma_es", 0, range(settings.search["cma_es"].generations), None, compute)
    search = search.isel(distribution=0)
    losses = search["loss_of_mean"].values
    below = np.flatnonzero(losses < settings.degeneracy.solved_loss)
    theta = settings.rule_space.from_coordinates(search["distribution_mean"].values[-1])[None]
    trials = Trials(seed, ("evaluation",), settings.evaluation.trials)
    fitness = study.task.evaluate(study.task.simulate(RuleTable.of(theta, ["learned"]), trials, compute))
    predicted = predicted_rate(study, theta, fitness)
    simulated = float(fitness["rate"].sel(population="E").mean())
    first = below[0] if len(below) else np.nan
    return losses[0], first, np.median(losses[-5:]), float(fitness["loss"][0]), simulated, float(np.mean(predicted))


if __name__ == "__main__":
    compute = runtime.Compute(threads=os.cpu_count() or 1)
    print(runtime.describe_device(runtime.choose_backend("auto", "auto")))
    row = "{:>6} {:>12} {:>13} {:>12} {:>12} {:>12} {:>12}"
    print(row.format("seed", "start loss", "first below", "last five", "evaluated", "simulated/Hz", "mean field/Hz"))
    for seed in map(int, sys.argv[1:] or (1, 2, 3, 4)):
        print(row.format(seed, *(f"{value:.3g}" for value in learn(seed, compute))), flush=True)
