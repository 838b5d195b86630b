"""Rules along the principal axes of the covariance of the best learned rule."""

from __future__ import annotations

import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, SearchEnds, fitness_of, rules_of
from synapseek_core.rule_sets.rule_set import RuleSet, rules
from synapseek_core.rule_sets.solutions import signed_displacements
from synapseek_core.search.distribution import best_rule, learned_distributions


def _sample(settings: StudySettings, data: Data) -> xr.Dataset:
    """Return rules along the principal axes of the best covariance, through its mean."""
    found = {d.name: d for d in learned_distributions(data[SearchEnds()]) if d.covariance_shape is not None}
    best = found[best_rule(data[rules_of("learned")], data[fitness_of("learned")], list(found))]
    axes, _ = best.axes()
    steps = signed_displacements(settings)
    coordinates = best.mean + axes[:, None, :] * steps[:, None]
    names = [f"eigenvector_{k}_{step:+g}" for k in range(len(axes)) for step in steps]
    theta = settings.rule_space.from_coordinates(coordinates.reshape(-1, len(best.mean)))
    centre = ((), best.name, {"units": "1", "long_name": "the learned rule in the middle"})
    return rules(settings.rule_space, theta, names).assign(centre=centre)


def _count(settings: StudySettings) -> int:
    if not any(search.has_covariance for search in settings.search.values()):
        return 0
    return len(settings.rule_space.names) * (2 * len(settings.degeneracy.displacements) + 1)


RULE_SET = RuleSet(
    _sample,
    _count,
    needs=(SearchEnds(), rules_of("learned"), fitness_of("learned")),
    sections=("degeneracy",),
)
