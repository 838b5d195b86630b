"""Rules on several tasks, and figures across studies."""

import numpy as np
import pytest
import xarray as xr
from planned import as_many_rules_as_planned

from synapseek_core.analysis.conditions import shared_measures
from synapseek_core.figures.comparison.comparison import StudyResults
from synapseek_core.figures.comparison.cross_task_matrix import relative_losses
from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.figures.figure import parameter_labels, save
from synapseek_core.figures.rate_panels import RATE_PANELS
from synapseek_core.files import datasets
from synapseek_core.files.contracts.rules import GENERALISATION
from synapseek_core.pipeline.results import analysis_of
from synapseek_core.pipeline.run import run
from synapseek_core.runtime import Compute
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


@pytest.mark.parametrize(
    "name", ["learning_curves_of_types", "windows_of_types", "cross_task_matrix", "covariance_of_types"]
)
def test_comparison_is_drawn(tiny, tmp_path, name):
    figure = COMPARISONS[name]
    assert len(figure.studies(study for study, _ in tiny.values())) == 2
    results = [StudyResults(study, {need: own[need] for need in figure.needs}) for study, own in tiny.values()]
    save(figure.draw(results), [tmp_path / "figure.png"], "preview")
    assert (tmp_path / "figure.png").stat().st_size > 20_000


@pytest.mark.parametrize(("name", "panels"), [("stability_EE_IE", 5), ("familiarity_IE", 6)])
def test_degeneracy_shows_rates_only_where_the_task_has_them(tiny, name, panels):
    _, results = tiny[name]
    drawn = [axes for axes in results.figure("degeneracy").axes if axes.axison and axes.get_label() != "<colorbar>"]
    assert len(drawn) == panels
