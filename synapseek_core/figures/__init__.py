"""Figures, drawn only from NetCDF files. A new figure is one file beside these and one entry here."""

from synapseek_core.figures import (
    activity,
    calibration,
    curriculum,
    degeneracy,
    endurance,
    examples,
    familiarity,
    free_directions,
    learning_curves,
    marginals,
    mean_field_manifold,
    plastic_network,
    plausibility,
    rate_learning,
    repeat_intervals,
    rule_factors,
    rule_portrait,
    sensitivity,
    spike_timing_window,
    structure,
    tuned_inhibition,
)
from synapseek_core.figures.figure import Figure, save

FIGURES: dict[str, Figure] = {
    "learning_curves": learning_curves.FIGURE,
    "activity": activity.FIGURE,
    "familiarity": familiarity.FIGURE,
    "spike_timing_window": spike_timing_window.FIGURE,
    "rule_portrait": rule_portrait.FIGURE,
    "rule_factors": rule_factors.FIGURE,
    "degeneracy": degeneracy.FIGURE,
    "rate_learning": rate_learning.FIGURE,
    "sensitivity": sensitivity.FIGURE,
    "tuned_inhibition": tuned_inhibition.FIGURE,
    "mean_field_manifold": mean_field_manifold.FIGURE,
    "curriculum": curriculum.FIGURE,
    "repeat_intervals": repeat_intervals.FIGURE,
    "plastic_network": plastic_network.FIGURE,
    "plausibility": plausibility.FIGURE,
    "free_directions": free_directions.FIGURE,
    "marginals": marginals.FIGURE,
    "structure": structure.FIGURE,
    "calibration": calibration.FIGURE,
    "examples": examples.FIGURE,
    "endurance": endurance.FIGURE,
}

__all__ = ["FIGURES", "Figure", "save"]
