"""Where rules come from: a prior box, published tables, known rules, searches, the neighbourhood of a learned rule,
rounds of inference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.files.published_runs import published_run
from synapseek_core.interfaces.inference import RoundSettings
from synapseek_core.interfaces.start import has_given_start, start_coordinates
from synapseek_core.interfaces.study import StudySettings
from synapseek_core.plasticity.family import RuleSpace
from synapseek_core.rule_sets.solutions import signed_displacements, solutions
from synapseek_core.search.distribution import best_rule, learned_distributions
from synapseek_core.seeds import generator

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class RuleOrigin:
    """One way to get rules.

    Attributes:
        needs: results that it is made from, for example `search` (the last chunk of every run, in order) or
            `fitness/learned`.
        count: settings -> number of rules, known before anything is computed.
        kept: settings -> number of the rules of which spikes and time courses are kept.
        sample: (settings, inputs by name) -> rules (contract `rules`).
        depends: settings -> those that the rules depend on, besides what they are made from.
    """

    needs: tuple[str, ...]
    count: Callable[[StudySettings], int]
    sample: Callable[[StudySettings, Inputs], xr.Dataset]
    kept: Callable[[StudySettings], int] = lambda settings: 0
    depends: Callable[[StudySettings], dict[str, Any]] = lambda settings: settings.sections()


def _sections(*names: str) -> Callable[[StudySettings], dict[str, Any]]:
    return lambda settings: settings.sections(*names)


def rules(
    space: RuleSpace, theta: np.ndarray, names: Sequence[str], keep_spikes: Sequence[bool] | None = None
) -> xr.Dataset:
    """A rules dataset of theta (rule, parameter) in natural units."""
    keep = np.zeros(len(names), np.int8) if keep_spikes is None else np.asarray(keep_spikes, np.int8)
    return xr.Dataset(
        {
            "theta": (("rule", "parameter"), np.asarray(theta, np.float64)),
            "parameter_units": ("parameter", [parameter.unit for parameter in space.parameters]),
            "keep_spikes": ("rule", keep),
        },
        coords={"rule": list(names), "parameter": list(space.names)},
    )


def _published_boundaries(settings: StudySettings) -> list[int]:
    """The rules before the search, after its generation 5 and at its end."""
    if settings.published_run is None:
        return []
    return [0, 5, published_run(settings.published_run).sizes["generation"]]


def _prior(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    return _drawn_from_prior(settings, "prior", settings.prior.samples)


def _drawn_from_prior(settings: StudySettings, name: str, count: int) -> xr.Dataset:
    """Uniform draws from the prior box; rule k is the same however many are drawn."""
    box = settings.prior_box
    draws = [generator(settings.seed, name, k).random(len(box.low)) for k in range(count)]
    theta = box.low + (box.high - box.low) * np.array(draws).reshape(-1, len(box.low))
    return _numbered(settings, theta, name)


def _numbered(settings: StudySettings, theta: np.ndarray, name: str) -> xr.Dataset:
    return rules(settings.rule_space, theta, [f"{name}_{k:05d}" for k in range(len(theta))])


def _examples(settings: StudySettings) -> RuleOrigin:
    """The rules with the lowest loss of the last round of inference, by their names and so on their trials."""
    last = (inferred_rounds(settings) or ["prior"])[-1]
    needs = f"rules/{last}", f"fitness/{last}"

    def count(settings: StudySettings) -> int:
        return min(settings.example_rules, origin_of(settings, last).count(settings))

    def sample(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
        table, fitness = (inputs[need] for need in needs)
        best = table.isel(rule=np.argsort(fitness["loss"].values, kind="stable")[: count(settings)])
        names = [str(name) for name in best["rule"].values]
        return rules(settings.rule_space, best["theta"].values, names, [True] * len(names))

    return RuleOrigin(needs, count, sample, count, lambda s: s.sections() | {"examples": s.example_rules})


def _round(name: str, own: RoundSettings) -> RuleOrigin:
    """Rules of a round of inference."""
    if own.extends == "prior":
        return RuleOrigin(
            (), lambda s: own.samples, lambda s, _: _drawn_from_prior(s, name, own.samples), depends=_sections("prior")
        )
    posterior = f"posterior/{own.extends or name}"

    def depends(settings: StudySettings) -> dict[str, Any]:
        return settings.sections("prior") | {"round": own.model_dump(mode="json")}

    def sample(settings: Any, inputs: Inputs) -> xr.Dataset:
        # Here: few jobs need the flows, which take long to import.
        from synapseek_core.inference.rounds import sample_round

        theta = sample_round(
            settings.inference, name, settings.seed, settings.prior_box, settings.rule_features, inputs[posterior]
        )
        return _numbered(settings, theta, name)

    return RuleOrigin((posterior,), lambda s: own.samples, sample, depends=depends)


def _published(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    """Means of the published search distribution, in the order that the run went."""
    assert settings.published_run is not None
    run, space = published_run(settings.published_run), settings.rule_space
    boundaries = _published_boundaries(settings)
    mean = run["distribution_mean"].sel(generation_boundary=boundaries).values
    names = [f"published_generation_{boundary}" for boundary in boundaries]
    return rules(space, space.from_coordinates(mean), names)


def _starts(settings: StudySettings) -> dict[str, np.ndarray]:
    """The given rules, (coordinate,), at which searches start; a random start is none."""
    space = settings.rule_space
    return {
        f"{name}_start": start_coordinates(space, search, settings.seed, 0)[0]
        for name, search in settings.search.items()
        if has_given_start(space, search)
    }


def _learned(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    """The given starts, the mean of every distribution that a run ended with, and draws from it."""
    starts, draws = _starts(settings), settings.degeneracy.draws
    rows = [(name, name.removesuffix("_start"), -1, True, start) for name, start in starts.items()]
    for learned in learned_distributions(inputs["search"]):
        rows.append((learned.name, learned.search, learned.restart, True, learned.mean))
        if learned.covariance_shape is not None:
            axes, scales = learned.axes()
            path = (learned.index,) if learned.index else ()
            noise = generator(settings.seed, "draws", learned.restart, *path).standard_normal((draws, len(axes)))
            for k, rule in enumerate(learned.mean + (noise * scales) @ axes):
                rows.append((f"{learned.name}_draw_{k}", learned.search, learned.restart, False, rule))
    names, searches, restarts, means, coordinates = zip(*rows, strict=True)
    theta = settings.rule_space.from_coordinates(np.array(coordinates))
    columns = {
        "search_of_rule": (np.array(searches, object), "search that the rule belongs to"),
        "restart_of_rule": (np.array(restarts, np.int32), "restart that learned the rule, -1 for a start"),
        "is_mean": (np.array(means, np.int8), "1 for a mean of the search distribution, 0 for a draw from it"),
    }
    attributed = {name: ("rule", values, {"units": "1", "long_name": text}) for name, (values, text) in columns.items()}
    return rules(settings.rule_space, theta, names, means).assign(attributed)


def _learned_kept(settings: StudySettings) -> int:
    return len(_starts(settings)) + sum(s.restarts * s.distributions for s in settings.search.values())


def _learned_count(settings: StudySettings) -> int:
    drawing = [s.restarts * s.distributions for s in settings.search.values() if s.has_covariance]
    return _learned_kept(settings) + settings.degeneracy.draws * sum(drawing)


def _reference(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    """The known rules that the study names."""
    space = settings.rule_space
    theta = [space.expand(rule, f"reference.{name}") for name, rule in settings.reference.items()]
    return rules(space, np.reshape(theta, (-1, len(space.names))), list(settings.reference), [True] * len(theta))


def _neighbourhood(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    """Rules along the principal axes of the best covariance, through its mean."""
    found = {d.name: d for d in learned_distributions(inputs["search"]) if d.covariance_shape is not None}
    best = found[best_rule(inputs["rules/learned"], inputs["fitness/learned"], list(found))]
    axes, _ = best.axes()
    steps = signed_displacements(settings)
    coordinates = best.mean + axes[:, None, :] * steps[:, None]
    names = [f"eigenvector_{k}_{step:+g}" for k in range(len(axes)) for step in steps]
    theta = settings.rule_space.from_coordinates(coordinates.reshape(-1, len(best.mean)))
    centre = ((), best.name, {"units": "1", "long_name": "the learned rule in the middle"})
    return rules(settings.rule_space, theta, names).assign(centre=centre)


def _neighbourhood_count(settings: StudySettings) -> int:
    if not any(search.has_covariance for search in settings.search.values()):
        return 0
    return len(settings.rule_space.names) * (2 * len(settings.degeneracy.displacements) + 1)


def _manifold(settings: StudySettings, inputs: Inputs) -> xr.Dataset:
    """Rules on the mean-field manifold, along the axes of the cloud of solutions through the rule on it that is nearest
    to the best; and rules off it, along its normal."""
    space, manifold = settings.rule_space, settings.mean_field_manifold
    assert manifold is not None
    learned, fitness = inputs["rules/learned"], inputs["fitness/learned"]
    best = space.to_coordinates(learned["theta"].sel(rule=best_rule(learned, fitness)).values)
    centre = manifold.nearest(best)
    steps = signed_displacements(settings)
    axes = manifold.axes(centre, solutions(settings, learned, fitness))
    coordinates = centre + axes[:, None, :] * steps[:, None]
    coordinates[1:] = manifold.nearest(coordinates[1:])
    names = [f"{'along' if k else 'normal'}_{k}_{step:+g}" for k in range(len(axes)) for step in steps]
    return rules(space, space.from_coordinates(coordinates.reshape(-1, len(best))), names)


def _manifold_count(settings: StudySettings) -> int:
    if settings.mean_field_manifold is None:
        return 0
    return len(settings.rule_space.names) * (2 * len(settings.degeneracy.displacements) + 1)


ORIGINS: dict[str, RuleOrigin] = {
    "prior": RuleOrigin((), lambda s: s.prior.samples, _prior, depends=_sections("prior")),
    "published": RuleOrigin(
        (), lambda s: len(_published_boundaries(s)), _published, depends=_sections("published_run")
    ),
    "reference": RuleOrigin(
        (), lambda s: len(s.reference), _reference, lambda s: len(s.reference), _sections("reference")
    ),
    "learned": RuleOrigin(("search",), _learned_count, _learned, _learned_kept, _sections("search", "degeneracy")),
    "neighbourhood": RuleOrigin(
        ("search", "rules/learned", "fitness/learned"),
        _neighbourhood_count,
        _neighbourhood,
        depends=_sections("degeneracy"),
    ),
    "manifold": RuleOrigin(
        ("rules/learned", "fitness/learned"), _manifold_count, _manifold, depends=_sections("degeneracy")
    ),
}
"""The origins that every study may have, by name, which is the name of their files."""

EXAMPLES = "examples"
"""Origin of the best rules of the last round of inference."""

TESTED = ("learned", "reference", "published")
"""Origins whose rules are tested for generalisation."""


def origin_of(settings: StudySettings, name: str) -> RuleOrigin:
    """An origin of a study, which may be a round of inference, by its name."""
    if name in settings.rounds:
        return _round(name, settings.rounds[name])
    return _examples(settings) if name == EXAMPLES else ORIGINS[name]


def origins_of(settings: StudySettings) -> list[str]:
    """The origins that give a study rules."""
    names = (*ORIGINS, *settings.rounds, EXAMPLES)
    return [name for name in names if origin_of(settings, name).count(settings)]


def inferred_rounds(settings: StudySettings) -> list[str]:
    """The rounds of inference that have a posterior of their own, in order."""
    return [name for name in rounds_before(settings) if name != "prior" and settings.rounds[name].extends is None]


def rounds_before(settings: StudySettings, name: str | None = None) -> list[str]:
    """The origins that a round of inference learns from: the prior and the rounds before; of none, all rounds."""
    inferred = [one for one in ("prior", *settings.rounds) if origin_of(settings, one).count(settings)]
    return inferred if name is None else inferred[: inferred.index(name)]
