"""Rules that searches have learned: starts, means of the final search distributions, and draws from these."""

from __future__ import annotations

import numpy as np
import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data, SearchEnds
from synapseek_core.rule_sets.rule_set import RuleSet, rules
from synapseek_core.search.distribution import learned_distributions
from synapseek_core.seeds import generator


def _sample(settings: StudySettings, data: Data) -> xr.Dataset:
    """Return the given starts, the mean of every distribution that a run ended with, and draws from it."""
    starts, draws = settings.given_starts, settings.degeneracy.draws
    rows = [(f"{search}_start", search, -1, -1, True, start) for search, start in starts.items()]
    for learned in learned_distributions(data[SearchEnds()]):
        run = learned.search, learned.restart, learned.index
        rows.append((learned.name, *run, True, learned.mean))
        if learned.covariance_shape is not None:
            axes, scales = learned.axes()
            path = (learned.index,) if learned.index else ()
            noise = generator(settings.seed, "draws", learned.restart, *path).standard_normal((draws, len(axes)))
            for k, rule in enumerate(learned.mean + (noise * scales) @ axes):
                rows.append((f"{learned.name}_draw_{k}", *run, False, rule))
    names, searches, restarts, particles, means, coordinates = zip(*rows, strict=True)
    theta = settings.rule_space.from_coordinates(np.array(coordinates))
    columns = {
        "search_of_rule": (np.array(searches, object), "search that the rule belongs to"),
        "restart_of_rule": (np.array(restarts, np.int32), "restart that learned the rule, -1 for a start"),
        "particle_of_rule": (np.array(particles, np.int32), "search distribution of the run, -1 for a start"),
        "is_mean": (np.array(means, np.int8), "1 for a mean of the search distribution, 0 for a draw from it"),
    }
    attributed = {name: ("rule", values, {"units": "1", "long_name": text}) for name, (values, text) in columns.items()}
    return rules(settings.rule_space, theta, names, means).assign(attributed)


def _kept(settings: StudySettings) -> int:
    return len(settings.given_starts) + sum(s.restarts * s.distributions for s in settings.search.values())


def _count(settings: StudySettings) -> int:
    drawing = [s.restarts * s.distributions for s in settings.search.values() if s.has_covariance]
    return _kept(settings) + settings.degeneracy.draws * sum(drawing)


RULE_SET = RuleSet(_sample, _count, _kept, (SearchEnds(),), sections=("search", "degeneracy"))
