"""Rules on several tasks, and figures across studies."""

import numpy as np
import pytest
import xarray as xr
from drawn import curves, has_curve, has_image, is_same, pair_window, texts
from planned import as_many_rules_as_planned

from synapseek_core.analysis.conditions import shared_measures
from synapseek_core.figures.comparison.comparison import StudyResults
from synapseek_core.figures.comparison.cross_task_matrix import relative_losses
from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.figures.figure import parameter_labels, save
from synapseek_core.figures.rate_panels import RATE_PANELS
from synapseek_core.figures.windows import LAGS
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import GENERALISATION
from synapseek_core.pipeline.results import SearchHistory, analysis_of
from synapseek_core.pipeline.run import run
from synapseek_core.runtime import Compute
from synapseek_core.search.history import join_runs
from synapseek_core.studies import project


def studies(**changes):
    return project.load({"studies": {name: {"base": "stability_IE", **own} for name, own in changes.items()}}).studies


def test_comparison_needs_two_studies_that_it_can_show():
    conditions = {"generalisation": {"conditions": {"own": {}, "busy": {"input": {"rate": 9}}}}}
    random_start = {"search": {"cma_es": {"start": {"alpha": [-1, 1]}}}}
    some = [*studies(a=conditions, b=conditions, c=conditions | random_start).values()]
    some.append(project.load_study("tuned_inhibition"))
    names = {figure: [study.name for study in COMPARISONS[figure].studies(some)] for figure in COMPARISONS}
    assert names["learning_curves_of_types"] == names["windows_of_types"] == ["a", "b", "c"]
    assert names["cross_task_matrix"] == ["a", "b"]
    assert all(figure.studies(some[-2:]) == [] for figure in COMPARISONS.values())


def test_measures_shared_by_two_tasks():
    def fitness(**dims):
        return xr.Dataset({name: (kind, np.zeros((2,) * len(kind))) for name, kind in dims.items()})

    first = fitness(loss=("rule",), rate=("rule", "trial"), rate_sd=("rule", "trial"))
    second = fitness(loss=("rule",), rate=("rule", "trial", "window"), loss_novel=("rule", "trial"))
    assert shared_measures([first, second]) == ["loss"]
    assert shared_measures([first, first]) == ["loss", "rate", "rate_sd"]


def test_losses_are_relative_to_the_start_of_the_search():
    tested = xr.Dataset(
        {
            "loss": (("rule", "condition"), [[10.0, 0.5], [1.0, 1.0], [20.0, 0.1], [7.0, 7.0], [5.0, 0.25]]),
            "origin": ("rule", ["start", "learned", "learned", "published", "published"]),
        },
        coords={"rule": ["cma_es_start", "cma_es_0", "cma_es_1", "published_generation_0", "published_generation_9"]},
    )
    rows = relative_losses(tested)
    assert list(rows["rule"].values) == ["cma_es_start", "cma_es_0", "cma_es_1", "published_generation_9"]
    np.testing.assert_allclose(rows["relative_loss"], [[1, 1], [0.1, 2], [2, 0.2], [0.5, 0.5]])


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["IE.log_tau_pre", "IE.alpha"], [r"$\ln\,\tau_\mathrm{pre}$", r"$\alpha$"]),
        (["EE.alpha", "IE.alpha"], [r"$\alpha^\mathrm{EE}$", r"$\alpha^\mathrm{IE}$"]),
    ],
)
def test_synapse_type_is_shown_where_there_are_several(names, labels):
    assert parameter_labels(names) == labels


def test_rate_panel_is_the_one_that_the_file_has_rates_for():
    rates = {name: ("rule", [1.0, np.nan]) for name in ("novel_rate", "familiar_rate", "simulated_rate")}
    result = xr.Dataset(rates | {"predicted_rate": ("rule", [np.nan, np.nan])})
    assert [panel.rates for panel in RATE_PANELS if panel.is_for(result)] == [("novel_rate", "familiar_rate")]


QUICK = {
    "network": {"excitatory": 80, "inhibitory": 20, "connection_probability": 0.5},
    "published_run": None,
    "prior": {"samples": 2},
    "search": {"cma_es": {"population_size": 4, "generations": 2, "trials": 1, "chunk": 2, "restarts": 2}},
    "evaluation": {"trials": 1},
    "degeneracy": {"displacements": [0.2], "draws": 0, "solved_loss": 1000.0},
}
TINY = {
    "stability_EE_IE": QUICK
    | {
        "base": "stability_IE",
        "plasticity": {"synapse_types": ["EE", "IE"]},
        "protocol": {"training_time": 0.3, "scoring_time": 0.2},
        "generalisation": {"trials": 1, "conditions": {"stability": {}, "familiarity": {"base": "familiarity_IE"}}},
    },
    "familiarity_IE": QUICK
    | {
        "protocol": {"training_time": 0.3, "break_time": 0.1, "test_time": 0.2},
        "generalisation": {"trials": 1, "conditions": {"familiarity": {}, "stability": {"base": "stability_EE_IE"}}},
    },
}


@pytest.fixture(scope="module")
def tiny():
    """Two studies on two tasks, one with two plastic synapse types: name -> study, results."""
    studies, compute = project.load({"studies": TINY}).studies, Compute("numba", "cpu", 2)
    return {name: (study, run(study, compute=compute)) for name, study in studies.items()}


def test_rules_are_tested_on_both_tasks(tiny):
    for _, results in tiny.values():
        assert as_many_rules_as_planned(results)
        tested = results[analysis_of("generalisation")]
        datasets.validate(tested, GENERALISATION, "here")
        assert set(tested["task"].values) == {"stability", "familiarity"}
        assert list(tested["origin"].values) == ["start", "learned", "learned"]
        # The rate has windows in one task only; weights are measured in both.
        assert "rate" not in tested
        assert tested["final_weight_mean"].dims == ("rule", "condition", "trial", "synapse_type")
        assert np.isfinite(tested["loss"]).all()


@pytest.fixture
def drawn(tiny, tmp_path):
    """The panels of a figure across the two studies; the file can be written."""

    def panels(name):
        figure = COMPARISONS[name]
        assert len(figure.studies(study for study, _ in tiny.values())) == 2
        results = [StudyResults(study, {need: own[need] for need in figure.needs}) for study, own in tiny.values()]
        shown = figure.draw(results)
        save(shown, [tmp_path / "figure.png"], "preview")
        return [axes for axes in shown.axes if axes.get_visible()]

    return panels


def test_learning_curves_are_the_losses_of_every_run(tiny, drawn):
    for panel, (_, results) in zip(drawn("learning_curves_of_types"), tiny.values(), strict=True):
        runs = join_runs(results[SearchHistory()])
        assert len(runs) == 2
        assert all(has_curve(panel, run["loss_of_mean"].values.ravel()) for run in runs)


def test_windows_are_those_of_the_learned_rules(tiny, drawn):
    panels, lags = drawn("windows_of_types"), LAGS[LAGS > 0]
    assert {panel.get_title() for panel in panels} >= {"EE", "IE"}
    shown = [curve for panel in panels for curve in curves(panel) if curve.shape == lags.shape]
    for study, results in tiny.values():
        for theta in results[analysis_of("degeneracy")]["learned_theta"].values:
            for rule in study.settings.rule_space.by_synapse_type(theta):
                assert any(is_same(curve, pair_window(rule, lags)) for curve in shown)


def test_cross_task_matrix_writes_the_loss_of_every_rule(tiny, drawn):
    shown = [text for panel in drawn("cross_task_matrix") for text in texts(panel)]
    losses = [results[analysis_of("generalisation")]["loss"].values.ravel() for _, results in tiny.values()]
    expected = [f"{loss:.2g}" if loss < 100 else f"{loss:.0f}" for loss in np.concatenate(losses)]
    assert len(expected) == 2 * 3 * 2
    assert sorted(shown) == sorted(expected)


def test_matrices_and_spectra_are_those_of_the_searches(tiny, drawn):
    panels = drawn("covariance_of_types")
    found = [results[analysis_of("degeneracy")] for _, results in tiny.values()]
    for one in found:
        best = one["correlation"].sel(learned=str(one["centre"].values)).values
        assert any(has_image(panel, best) for panel in panels)
    ratios = [one["participation_ratio"].values / one.sizes["coordinate"] for one in found]
    condition = [one["condition_number"].values for one in found]
    for label, values in (("Participation ratio / parameters", ratios), ("Condition number", condition)):
        (panel,) = [panel for panel in panels if panel.get_ylabel() == label]
        assert all(has_curve(panel, own) for own in values)


@pytest.mark.parametrize(("name", "panels"), [("stability_EE_IE", 5), ("familiarity_IE", 6)])
def test_degeneracy_shows_rates_only_where_the_task_has_them(tiny, name, panels):
    _, results = tiny[name]
    drawn = [axes for axes in results.figure("degeneracy").axes if axes.axison and axes.get_label() != "<colorbar>"]
    assert len(drawn) == panels
