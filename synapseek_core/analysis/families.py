"""The rules of all rounds of inference as one set: which are plausible, and how many directions they leave free.

A population of sequential Monte Carlo is two rounds more: all rules that were simulated for it and are not in it at the
end, `{population}_moves`, and its distinct rules at the end.
"""

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
from synapseek_core.rule_sets.mean_field import MEAN_FIELD
from synapseek_core.rule_sets.sweeps import end_of, sweeps_of
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
    sets, inferred = _simulated(study.settings), inferred_rounds(study.settings)
    return (
        *(need(name) for need in (rules_of, fitness_of) for name in sets),
        *map(posterior_of, inferred),
        *(end_of(study.settings, name) for name in _own_populations(study.settings)),
    )


def _simulated(settings: FamiliesStudy) -> list[str]:
    """Return the names of the rule sets that were simulated to find plausible rules."""
    theory, own = [MEAN_FIELD] if settings.mean_field_rules else [], _own_populations(settings)
    return [*rounds_before(settings), *theory, *(name for name, (one, _) in sweeps_of(settings).items() if one in own)]


def _own_populations(settings: FamiliesStudy) -> list[str]:
    """Return the populations that are simulated as the study's rules are; those of another condition are left out."""
    return [name for name, own in settings.populations.items() if own.condition is None]


def _settings(study: Study[FamiliesStudy]) -> dict[str, Any]:
    return study.settings.scored("prior", "inference")


def _modules(study: Study[FamiliesStudy]) -> tuple[str, ...]:
    return (SPIKING_FAMILIES.module(study.settings.plasticity.family),)


def _run(study: Study[FamiliesStudy], data: Data, compute: Compute) -> xr.Dataset:
    settings = study.settings
    # A sweep after the end of its population has no rules.
    sets = [name for name in _simulated(settings) if data[rules_of(name)].sizes["rule"]]
    return families(
        settings,
        {name: data[rules_of(name)] for name in sets},
        {name: data[fitness_of(name)] for name in sets},
        {name: data[posterior_of(name)] for name in inferred_rounds(settings)},
        {name: data[end_of(settings, name)] for name in _own_populations(settings)},
    )


def families(
    settings: FamiliesStudy,
    rules: Mapping[str, xr.Dataset],
    fitness: Mapping[str, xr.Dataset],
    posteriors: Mapping[str, xr.Dataset],
    populations: Mapping[str, xr.Dataset],
) -> xr.Dataset:
    """Return all rules of all rounds with what is left free of the plausible ones (contract `families`).

    Args:
        settings: of a study with rounds of inference.
        rules, fitness: by rule set, the prior first, then the rounds in order.
        posteriors: by the round that they were fitted for.
        populations: at their ends, by name.
    """
    box = settings.prior_box
    scored = join_rules(list(fitness.values())).drop_vars(["final_weight_mean", "synapse_type"], errors="ignore")
    theta = np.concatenate([table["theta"].values for table in rules.values()])
    rule_set = np.repeat(np.array(list(rules), object), [table.sizes["rule"] for table in rules.values()])
    origin = _origins(settings, rule_set, scored["rule"].values, populations)
    wanted = np.concatenate([_wanted(settings, name, scores) for name, scores in fitness.items()])
    z, rounds = box.to_normal(theta), [*dict.fromkeys(origin)]
    # Populations are the last rounds, each after its moves.
    rounds = [name for name in rounds if name not in populations] + [name for name in populations if name in rounds]
    chosen = [(origin == name) & wanted for name in rounds]
    sets = [z[own] for own in chosen]
    return scored.assign(
        theta=(("rule", "parameter"), theta),
        origin=("rule", origin),
        rule_set=("rule", rule_set),
        plausible=("rule", scored["meets"].all(("trial", "constraint")).values.astype(np.int8)),
        wanted=("rule", wanted.astype(np.int8)),
        **free_directions(sets, settings.seed),
        **structure(settings, theta, scored, chosen),
        **neighbours(z, scored, chosen),
        cluster_probability=("round", [cluster_probability(own, settings.seed) for own in sets]),
        **_calibration(rounds, posteriors),
        **_posterior_correlations(settings.inference, settings.seed, box, posteriors),
    ).assign_coords(
        round=rounds,
        parameter=list(box.names),
        free_parameter=box.free_names,
        free_parameter_other=box.free_names,
    )


def _origins(
    settings: FamiliesStudy, rule_set: np.ndarray, names: np.ndarray, populations: Mapping[str, xr.Dataset]
) -> np.ndarray:
    """Return the round (rule,) of each rule: its rule set, or of a sweep whether it is in the population at the end."""
    sweeps, origin = sweeps_of(settings), rule_set.copy()
    for name, population in populations.items():
        of_sweeps = np.array([one in sweeps and sweeps[one][0] == name for one in rule_set])
        stays = np.isin(names.astype(str), population["source_rule"].values.astype(str))
        origin[of_sweeps] = np.where(stays[of_sweeps], name, f"{name}_moves")
    return origin


def _wanted(settings: FamiliesStudy, name: str, fitness: xr.Dataset) -> np.ndarray:
    """Return whether a rule meets the target of its rule set in all trials (rule,); True if that has none."""
    return np.asarray(meets_groups(fitness, _target(settings, name)).all(axis=1))


def _target(settings: FamiliesStudy, name: str) -> Sequence[str]:
    """Return the groups of constraints that the rules of a rule set shall meet; none of the prior's."""
    sweeps, rounds = sweeps_of(settings), settings.rounds
    if name in sweeps:
        return settings.inference.populations[sweeps[name][0]].target or list(settings.plausible)
    if name not in rounds:
        return ()
    extended = rounds[name].extends
    return rounds[name if extended in (None, "prior") else str(extended)].target


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
