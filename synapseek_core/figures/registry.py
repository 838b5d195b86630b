"""Figures by name. A new one is a file beside this one and its entry here; the studies that it is for name it."""

from synapseek_core.figures.figure import Figure
from synapseek_core.registry import Registry

FIGURES: Registry[Figure] = Registry(
    {
        "learning_curves": "figures.learning_curves:FIGURE",
        "activity": "figures.activity:FIGURE",
        "familiarity": "figures.familiarity:FIGURE",
        "spike_timing_window": "figures.spike_timing_window:FIGURE",
        "rule_portrait": "figures.rule_portrait:FIGURE",
        "rule_factors": "figures.rule_factors:FIGURE",
        "degeneracy": "figures.degeneracy:FIGURE",
        "rate_learning": "figures.rate_learning:FIGURE",
        "sensitivity": "figures.sensitivity:FIGURE",
        "tuned_inhibition": "figures.tuned_inhibition:FIGURE",
        "mean_field_manifold": "figures.mean_field_manifold:FIGURE",
        "curriculum": "figures.curriculum:FIGURE",
        "repeat_intervals": "figures.repeat_intervals:FIGURE",
        "plastic_network": "figures.plastic_network:FIGURE",
        "plausibility": "figures.plausibility:FIGURE",
        "free_directions": "figures.free_directions:FIGURE",
        "marginals": "figures.marginals:FIGURE",
        "structure": "figures.structure:FIGURE",
        "calibration": "figures.calibration:FIGURE",
        "examples": "figures.examples:FIGURE",
        "endurance": "figures.endurance:FIGURE",
    }
)
