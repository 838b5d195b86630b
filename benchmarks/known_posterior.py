"""The ensemble of flows on the Gaussian linear problem with ten parameters, whose posterior is known.

    python benchmarks/known_posterior.py [SIMULATIONS]

Two-sample test: accuracy with which classifiers tell draws from those of the true posterior, for ten observations; 0.5
if they are alike (Lueckmann et al., AISTATS 2021, of the problem and the measure). Calibration: ranks of the parameters
of held-out simulations against uniform ones. File: results/known_posterior.nc.
"""

import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import binom
from table import Column, Table

from synapseek_core import runtime
from synapseek_core.inference import rounds
from synapseek_core.inference.coverage import coverage
from synapseek_core.interfaces.inference import FlowSettings

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from linear_gaussian import classifier_two_sample_test, fitted, true_posterior

PARAMETERS, OBSERVATIONS, DRAWS = 10, 10, 1000
BINS, BAND = 10, (0.025, 0.975)
LEVELS = np.array([0.5, 0.8, 0.95])

COLUMNS = [
    Column("two_sample", "1", "classifier two-sample test, mean over observations"),
    Column("two_sample_worst", "1", "its largest value"),
    Column("inside", "1", "share of the bars of the ranks' histograms, one a parameter, within their 95 % band"),
    *(Column(f"coverage_{level:g}", "1", f"share of parameters in central intervals of {level:g}") for level in LEVELS),
    Column("minutes", "min", "wall time of the fit"),
]


def bars_inside(ranks: np.ndarray) -> float:
    """Return the share of the bars (parameter, bin) of ranks (held_out, parameter) within the band of uniform ones."""
    counts = np.stack([np.histogram(own, BINS, (0, 1))[0] for own in ranks.T])
    low, high = binom.ppf(BAND, len(ranks), 1 / BINS)
    return float(((low <= counts) & (counts <= high)).mean())


def main(simulations: int) -> None:
    """Fit once, test at every observation and write the table."""
    table, began = Table(COLUMNS), time.perf_counter()
    settings, box, posterior = fitted(PARAMETERS, simulations, FlowSettings())
    minutes, draw = (time.perf_counter() - began) / 60, np.random.default_rng(2)
    ensemble, tests = rounds.ensemble_of(settings, box, posterior), []
    for number in range(OBSERVATIONS):
        truth = draw.uniform(-1, 1, PARAMETERS)
        observed = truth + np.sqrt(0.1) * draw.standard_normal(PARAMETERS)
        seen = rounds.normal_scores(observed, posterior["metric_quantile"].values)
        drawn = box.from_normal(ensemble.sample(np.tile(seen, (DRAWS, 1)), draw))
        tests.append(classifier_two_sample_test(drawn, true_posterior(observed, DRAWS, number)))
    ranks = posterior["rank"].values
    label = f"{PARAMETERS} parameters, {simulations} simulations"
    table.add(label, np.mean(tests), np.max(tests), bars_inside(ranks), *coverage(ranks, LEVELS), minutes)
    table.save("known_posterior", runtime.simulating_device("jax", "auto"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
