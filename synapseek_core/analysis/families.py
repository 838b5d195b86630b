"""The rules of all rounds of inference as one set: which are plausible, and how many directions they leave free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from synapseek_core.analysis.clusters import cluster_probability
from synapseek_core.analysis.neighbours import neighbours
from synapseek_core.analysis.sign_patterns import structure
from synapseek_core.files.contracts.inference import FAMILIES
from synapseek_core.files.datasets import join_rules
from synapseek_core.inference import rounds
from synapseek_core.interfaces.analysis import Analysis
from synapseek_core.interfaces.inference import InferenceSettings
from synapseek_core.interfaces.prior_box import PriorBox
from synapseek_core.interfaces.study import Study
from synapseek_core.measures.plausibility import meets_groups
from synapseek_core.pipeline.results import Data, Need, fitness_of, posterior_of, rules_of
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.rule_sets.catalogue import inferred_rounds, rounds_before
from synapseek_core.runtime import Compute
from synapseek_core.seeds import generator
from synapseek_core.theory.spectrum import correlations, participation_ratio

if TYPE_CHECKING:
    from synapseek_core.tasks.recurrent.families.settings import FamiliesStudy

PRIOR_DRAWS = 200
"""Sets of rules of the prior that a round is compared with."""

POSTERIOR_DRAWS = 4000
"""From the last posterior, for correlations."""


def _needs(study: Study[FamiliesStudy]) -> tuple[Need, ...]:
    rounds, inferred = rounds_before(study.settings), inferred_rounds(study.settings)
    return (*(need(name) for need in (rules_of, fitness_of) for name in rounds), *map(posterior_of, inferred))


def _settings(study: Study[FamiliesStudy]) -> dict[str, Any]:
    return study.settings.scored("prior", "inference")


def _modules(study: Study[FamiliesStudy]) -> tuple[str, ...]:
    return (SPIKING_FAMILIES.module(study.settings.plasticity.family),)


def _run(study: Study[FamiliesStudy], data: Data, compute: Compute) -> xr.Dataset:
    rounds, inferred = rounds_before(study.settings), inferred_rounds(study.settings)
    return families(
        study.settings,
        {name: data[rules_of(name)] for name in rounds},
        {name: data[fitness_of(name)] for name in rounds},
        {name: data[posterior_of(name)] for name in inferred},
    )


def families(
    settings: FamiliesStudy,
    rules: Mapping[str, xr.Dataset],
    fitness: Mapping[str, xr.Dataset],
    posteriors: Mapping[str, xr.Dataset],
) -> xr.Dataset:
    """Return all rules of all rounds with what is left free of the plausible ones (contract `families`).

    Args:
        settings: of a study with rounds of inference.
        rules, fitness: by origin, the prior first, then the rounds in order.
        posteriors: by the round that they were fitted for.
    """
    box = settings.prior_box
    scored = join_rules(list(fitness.values())).drop_vars(["final_weight_mean", "synapse_type"], errors="ignore")
    theta = np.concatenate([table["theta"].values for table in rules.values()])
    origin = np.repeat(np.array(list(rules), object), [table.sizes["rule"] for table in rules.values()])
    wanted = np.concatenate([_wanted(settings.inference, name, scores) for name, scores in fitness.items()])
    z = box.to_normal(theta)
    chosen = [(origin == name) & wanted for name in rules]
    sets = [z[own] for own in chosen]
    return scored.assign(
        theta=(("rule", "parameter"), theta),
        origin=("rule", origin),
        plausible=("rule", scored["meets"].all(("trial", "constraint")).values.astype(np.int8)),
        wanted=("rule", wanted.astype(np.int8)),
        **free_directions(sets, settings.seed),
        **structure(settings, theta, scored, chosen),
        **neighbours(z, scored, chosen),
        cluster_probability=("round", [cluster_probability(own, settings.seed) for own in sets]),
        **_calibration(list(rules), posteriors),
        **_posterior_correlations(settings.inference, settings.seed, box, posteriors),
    ).assign_coords(
        round=list(rules),
        parameter=list(box.names),
        free_parameter=box.free_names,
        free_parameter_other=box.free_names,
    )


def _wanted(settings: InferenceSettings, name: str, fitness: xr.Dataset) -> np.ndarray:
    """Return whether a rule meets the target of its round in all trials (rule,); True for all rules of the prior."""
    if name == "prior":
        return np.ones(fitness.sizes["rule"], bool)
    own = settings.rounds[name]
    target = settings.rounds[own.extends].target if own.extends not in (None, "prior") else own.target
    return np.asarray(meets_groups(fitness, target).all(axis=1))


def free_directions(sets: Sequence[np.ndarray], seed: int) -> dict[str, Any]:
    """Return spectra, participation ratios and correlations of sets of rules, with those of the prior.

    Rules of the prior are independent standard normal numbers: in a large set every eigenvalue is 1. In a small set the
    eigenvalues spread, so each set is compared with as many rules of the prior.

    Args:
        sets: (rule, free parameter) each, as standard normal numbers, see `PriorBox`.
    """
    count = sets[0].shape[1]
    found = [_spectrum(own) for own in sets]
    of_prior = [_prior_spectrum(len(own), count, generator(seed, "prior_spectrum", len(own))) for own in sets]
    unlike = ("round", "free_parameter", "free_parameter_other")
    return {
        "wanted_rules": ("round", [len(own) for own in sets]),
        "eigenvalue": (("round", "principal_axis"), np.stack(found)),
        "participation_ratio": ("round", [participation_ratio(values) for values in found]),
        "prior_eigenvalue": (("round", "principal_axis"), np.stack([values for values, _ in of_prior])),
        "prior_participation_ratio": ("round", [ratio for _, ratio in of_prior]),
        "correlation": (unlike, np.stack([_correlation(own) for own in sets])),
    }


def _spectrum(z: np.ndarray) -> np.ndarray:
    """Return the eigenvalues, largest first, of the covariance of rules (rule, free parameter); NaN for one rule."""
    if len(z) < 2:
        return np.full(z.shape[1], np.nan)
    return np.maximum(np.linalg.eigvalsh(np.cov(z.T))[::-1], 0.0)


def _prior_spectrum(rules: int, parameters: int, draw: np.random.Generator) -> tuple[np.ndarray, float]:
    """Return the mean eigenvalues and participation ratio of sets of so many rules of the prior."""
    spectra = np.array([_spectrum(draw.standard_normal((rules, parameters))) for _ in range(PRIOR_DRAWS)])
    return spectra.mean(axis=0), float(np.mean([participation_ratio(values) for values in spectra]))


def _correlation(z: np.ndarray) -> np.ndarray:
    """Return the correlations of the parameters of rules; NaN for fewer than three rules, which always correlate."""
    return np.corrcoef(z.T) if len(z) > 2 else np.full((z.shape[1], z.shape[1]), np.nan)


def conditional_correlations(z: np.ndarray) -> np.ndarray:
    """Return the correlation of each two parameters given all others, -P_ij / sqrt(P_ii P_jj).

    P is the inverse of the covariance.

    Args:
        z: (rule, parameter), many more rules than parameters.
    """
    partial = -correlations(np.linalg.inv(np.cov(z.T)))
    np.fill_diagonal(partial, 1.0)
    return partial


def _calibration(names: Sequence[str], posteriors: Mapping[str, xr.Dataset]) -> dict[str, Any]:
    """Return the tests of the posterior of each round; missing for a round without one of its own."""
    if not posteriors:
        return {}
    held_out = max(posterior.sizes["held_out"] for posterior in posteriors.values())
    parameters = next(iter(posteriors.values())).sizes["free_parameter"]
    rank = np.full((len(names), held_out, parameters), np.nan)
    gain, refused = np.full((len(names), held_out), np.nan), np.full(len(names), np.nan)
    for k, name in enumerate(names):
        if name in posteriors:
            own = posteriors[name]
            rank[k, : own.sizes["held_out"]] = own["rank"].values
            gain[k, : own.sizes["held_out"]] = own["log_density_gain"].values
            refused[k] = own["classifier_refused"].item() if "classifier_refused" in own else 0.0
    return {
        "rank_of_round": (("round", "held_out", "free_parameter"), rank),
        "log_density_gain_of_round": (("round", "held_out"), gain),
        "classifier_refused_of_round": ("round", refused),
    }


def _posterior_correlations(
    settings: InferenceSettings, seed: int, box: PriorBox, posteriors: Mapping[str, xr.Dataset]
) -> dict[str, Any]:
    """Return the correlations in draws of the last posterior at the middle of its targets."""
    if not posteriors:
        return {}
    last = list(posteriors.values())[-1]
    middle = (last["target_low"] + last["target_high"]).values / 2
    target = rounds.normal_scores(middle, last["metric_quantile"].values)
    draw = generator(seed, "posterior_correlations")
    z = rounds.ensemble_of(settings, box, last).sample(np.tile(target, (POSTERIOR_DRAWS, 1)), draw)
    both = ("free_parameter", "free_parameter_other")
    return {
        "posterior_correlation": (both, np.corrcoef(z.T)),
        "conditional_correlation": (both, conditional_correlations(z)),
    }


ANALYSIS = Analysis(FAMILIES, _needs, _run, _settings, modules=_modules)
