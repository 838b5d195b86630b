"""One round of filter inference: a posterior fitted to simulated rules, and the rules of the round drawn from it.

Source: Confavreux et al., NeurIPS 2023.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import ndtr, ndtri

from synapseek_core.errors import ConfigurationError
from synapseek_core.inference import classifier, flows, training
from synapseek_core.inference.calibration import held_out_tests
from synapseek_core.inference.unfinished import NOTHING, Unfinished
from synapseek_core.interfaces.inference import InferenceSettings, RoundSettings
from synapseek_core.interfaces.prior_box import PriorBox
from synapseek_core.measures.plausibility import meets_groups
from synapseek_core.seeds import generator

FEWEST = 20
"""Least number of simulations that a posterior is fitted to."""

LEVELS = (np.arange(200) + 0.5) / 200
"""Levels of the quantiles of metrics."""

OBSERVED = (0.01, 0.99)
"""Targets are drawn between these quantiles of the simulations learned from, where the plausible range is wider."""

Plausible = Mapping[str, Mapping[str, tuple[float, float]]]
Features = Callable[[np.ndarray], np.ndarray]
"""theta (rule, parameter) -> features (rule, feature) for a classifier."""


@dataclass(frozen=True)
class Simulations:
    """The simulations that a round learns from: one entry for each rule in each of its trials.

    Attributes:
        z: (simulation, free parameter) of the rule, see `PriorBox`.
        features: (simulation, feature) of the rule.
        metrics: (simulation, metric) that the round has targets for; missing where the trial was stopped.
        passes: (simulation,) whether it meets the round's filter.
        meets: (simulation, metric) whether that metric is plausible.
    """

    z: np.ndarray
    features: np.ndarray
    metrics: np.ndarray
    passes: np.ndarray
    meets: np.ndarray


def simulations(
    own: RoundSettings,
    plausible: Plausible,
    box: PriorBox,
    features: Features,
    rules: Sequence[xr.Dataset],
    fitness: Sequence[xr.Dataset],
) -> Simulations:
    """Return the simulations of all rounds before, in order.

    Args:
        rules, fitness: contracts `rules` and `fitness`, round by round.
    """
    names = metrics_of(own, plausible)
    trials = fitness[0].sizes["trial"]
    theta = np.concatenate([table["theta"].values for table in rules])
    metrics = np.concatenate([np.stack([scores[name].values for name in names], axis=-1) for scores in fitness])
    passes = np.concatenate([meets_groups(scores, own.filter) for scores in fitness])
    meets = np.concatenate([scores["meets"].sel(constraint=names).values == 1 for scores in fitness])
    z, seen = (np.repeat(of(theta), trials, axis=0) for of in (box.to_normal, features))
    return Simulations(z, seen, metrics.reshape(-1, len(names)), passes.ravel(), meets.reshape(-1, len(names)))


def metrics_of(own: RoundSettings, plausible: Plausible) -> list[str]:
    """Return the names of the metrics that a round has targets for."""
    return [name for group in own.target for name in plausible[group]]


def fit_round(
    settings: InferenceSettings,
    name: str,
    seed: int,
    plausible: Plausible,
    box: PriorBox,
    learned_from: Simulations,
    unfinished: Unfinished = NOTHING,
) -> xr.Dataset:
    """Fit the posterior of a round and return it (contract `posterior`), with its tests on held-out simulations.

    Args:
        unfinished: flows of this posterior that were trained before.

    Raises:
        ConfigurationError: too few simulations meet the filter.
    """
    own, draw = settings.rounds[name], generator(seed, "posterior", name)
    used = np.flatnonzero(learned_from.passes & np.isfinite(learned_from.metrics).all(axis=1))
    if len(used) < FEWEST:
        raise ConfigurationError(
            f"inference.rounds.{name}.filter: {len(used)} of {len(learned_from.z)} simulations meet it; allowed: at "
            f"least {FEWEST}; more rules in a round before (one that extends it keeps what is there), or fewer groups"
        )
    z, metrics = learned_from.z[used], learned_from.metrics[used]
    quantiles = np.quantile(metrics, LEVELS, axis=0).T
    scores = normal_scores(metrics, quantiles)
    order = draw.permutation(len(used))
    tested, trained = np.split(order, [max(1, round(settings.held_out * len(used)))])
    ensemble, losses = flows.fit(settings.flows, z[trained], scores[trained], draw, unfinished)
    epochs = max(len(one["val"]) for one in losses)
    ranges = _target_ranges(own, plausible, metrics)
    return xr.Dataset(
        {
            "flow_weights": (("flow", "flow_weight"), np.stack([training.weights_of(flow) for flow in ensemble.flows])),
            "slope": (("metric", "free_parameter"), ensemble.slope),
            "intercept": ("free_parameter", ensemble.intercept),
            "training_loss": (("flow", "epoch"), _padded([one["train"] for one in losses], epochs)),
            "validation_loss": (("flow", "epoch"), _padded([one["val"] for one in losses], epochs)),
            "metric_quantile": (("metric", "quantile"), quantiles),
            "target_low": ("metric", ranges[:, 0]),
            "target_high": ("metric", ranges[:, 1]),
            "simulations": len(learned_from.z),
            "learned_from": len(trained),
            **held_out_tests(ensemble, z[tested], scores[tested], draw),
            **_classifier(own.missed, metrics_of(own, plausible), learned_from, draw),
        },
        coords={"metric": metrics_of(own, plausible), "free_parameter": box.free_names},
    )


def normal_scores(metrics: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the normal scores of metrics (..., metric), which are what the flows are given.

    They are standard normal numbers of the same rank among the simulations learned from.

    Args:
        quantiles: (metric, quantile) of these simulations at `LEVELS`.
    """
    scores = np.empty(np.shape(metrics))
    for k, own in enumerate(quantiles):
        # Equal values get their mean level.
        values, place = np.unique(own, return_inverse=True)
        level = np.bincount(place, LEVELS) / np.bincount(place)
        scores[..., k] = ndtri(np.interp(metrics[..., k], values, level))
    return scores


def _target_ranges(own: RoundSettings, plausible: Plausible, metrics: np.ndarray) -> np.ndarray:
    """Return the ranges (metric, 2) of targets: the plausible ranges, as far as simulations reached them.

    Outside the range of the simulations a flow would extrapolate. If no simulation was plausible, the range shrinks to
    the nearest plausible value.
    """
    wanted = np.array([bounds for group in own.target for bounds in plausible[group].values()])
    seen = np.quantile(metrics, OBSERVED, axis=0).T
    low = np.maximum(wanted[:, 0], np.minimum(seen[:, 0], wanted[:, 1]))
    high = np.minimum(wanted[:, 1], np.maximum(seen[:, 1], wanted[:, 0]))
    return np.column_stack([low, np.maximum(low, high)])


def _classifier(
    missed: float | None, names: Sequence[str], learned_from: Simulations, draw: np.random.Generator
) -> dict[str, Any]:
    """Return a classifier of rules and the probability below which it refuses one, as variables of the posterior.

    Return nothing if no constraint can be learned.
    """
    if missed is None:
        return {}
    asked = classifier.telling(learned_from.meets)
    if not asked.any():
        return {}
    meets = learned_from.meets[:, asked]
    found = classifier.fit(learned_from.features, meets)
    log_probability = classifier.held_out_log_probability(learned_from.features, meets, draw)
    threshold = classifier.threshold(log_probability, missed)
    return {
        "metric_asked": np.array(names)[asked],
        "classifier_scale": ("feature", found.scale),
        "classifier_slope": (("metric_asked", "term"), found.slope),
        "classifier_intercept": ("metric_asked", found.intercept),
        "classifier_threshold": np.exp(threshold),
        "classifier_refused": (log_probability[~meets.all(axis=1)] < threshold).mean(),
    }


def _padded(rows: Sequence[Sequence[float]], length: int) -> np.ndarray:
    return np.array([[*row, *[np.nan] * (length - len(row))] for row in rows])


def sample_round(
    settings: InferenceSettings, name: str, seed: int, box: PriorBox, features: Features, posterior: xr.Dataset
) -> np.ndarray:
    """Draw the rules (rule, parameter) of a round: a target each, from its ranges, and a rule from the posterior there.

    Rules that the classifier refuses are drawn anew.
    """
    draw, wanted = generator(seed, "round", name), settings.rounds[name].samples
    ensemble, accepts = ensemble_of(settings, box, posterior), _accepting(posterior)
    found: list[np.ndarray] = []
    while sum(map(len, found)) < wanted:
        theta = box.from_normal(ensemble.sample(drawn_targets(posterior, wanted, draw), draw))
        found.append(theta[accepts(features(theta))])
    return np.concatenate(found)[:wanted]


def drawn_targets(posterior: xr.Dataset, count: int, draw: np.random.Generator) -> np.ndarray:
    """Draw targets (draw, metric) in their ranges, as normal scores; within a range as frequent as among simulations.

    The flows are least reliable where a range contains values that hardly any simulation reached.
    """
    quantiles = posterior["metric_quantile"].values
    low, high = (ndtr(normal_scores(posterior[f"target_{end}"].values, quantiles)) for end in ("low", "high"))
    return ndtri(low + (high - low) * draw.random((count, len(low))))


def ensemble_of(settings: InferenceSettings, box: PriorBox, posterior: xr.Dataset) -> flows.Ensemble:
    """Return the ensemble that a posterior file contains."""
    shape = flows.untrained(settings.flows, int(box.free.sum()), posterior.sizes["metric"])
    trained = [training.with_weights(shape, weights) for weights in posterior["flow_weights"].values]
    return flows.Ensemble(posterior["slope"].values, posterior["intercept"].values, trained)


def _accepting(posterior: xr.Dataset) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function from features (rule, feature) to whether the classifier accepts the rule."""
    if "classifier_slope" not in posterior:
        return lambda features: np.ones(len(features), bool)
    found = classifier.Classifier(*(posterior[f"classifier_{part}"].values for part in ("scale", "slope", "intercept")))
    return lambda features: np.exp(found.log_probability(features)) >= posterior["classifier_threshold"].item()
