"""Rules on the mean-field manifold, and off it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, fitness_of, rules_of
from synapseek_core.rule_sets.rule_set import RuleSet, rules
from synapseek_core.rule_sets.solutions import signed_displacements, solutions
from synapseek_core.search.distribution import best_rule


def _sample(settings: StudySettings, data: Data) -> xr.Dataset:
    """Return rules on the mean-field manifold and off it, through the rule on it that is nearest to the best.

    On it they lie along the axes of the cloud of solutions, off it along its normal.
    """
    space, manifold = settings.rule_space, settings.mean_field_manifold
    assert manifold is not None
    learned, fitness = data[rules_of("learned")], data[fitness_of("learned")]
    best = space.to_coordinates(learned["theta"].sel(rule=best_rule(learned, fitness)).values)
    centre = manifold.nearest(best)
    steps = signed_displacements(settings)
    axes = manifold.axes(centre, solutions(settings, learned, fitness))
    coordinates = centre + axes[:, None, :] * steps[:, None]
    coordinates[1:] = manifold.nearest(coordinates[1:])
    names = [f"{'along' if k else 'normal'}_{k}_{step:+g}" for k in range(len(axes)) for step in steps]
    return rules(space, space.from_coordinates(coordinates.reshape(-1, len(best))), names)


def _count(settings: StudySettings) -> int:
    if settings.mean_field_manifold is None:
        return 0
    return len(settings.rule_space.names) * (2 * len(settings.degeneracy.displacements) + 1)


def _depends(settings: StudySettings) -> dict[str, Any]:
    manifold = settings.mean_field_manifold
    return {} if manifold is None else {"mean_field_manifold": asdict(manifold)}


RULE_SET = RuleSet(
    _sample,
    _count,
    needs=(rules_of("learned"), fitness_of("learned")),
    sections=("degeneracy",),
    depends=_depends,
)
