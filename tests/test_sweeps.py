"""Populations of rules at a small size, from theory to the figures, in one process."""

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from test_families_study import CPU, TINY

from synapseek_core.errors import ConfigurationError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.inference import FAMILIES, LEVELS, POPULATION
from synapseek_core.inference.population_files import Sweep, population_after
from synapseek_core.inference.violation import violation, violations
from synapseek_core.pipeline.results import analysis_of, fitness_of, population_of, rules_of
from synapseek_core.pipeline.run import run
from synapseek_core.rule_sets.catalogue import rule_set_of, rule_sets_of
from synapseek_core.rule_sets.examples import EXAMPLES
from synapseek_core.studies import project

SIZE, SWEEPS = 12, 4
OWN = {"size": SIZE, "sweeps": SWEEPS, "parts": 2, "distinct": 0.6}
NO_ROUNDS = {name: {"samples": 0} for name in ("round_1", "round_2", "round_3")}


def changes(**own):
    inference = {
        "rounds": NO_ROUNDS,
        "mean_field": {"grid": 3, "tolerance": 0.2},
        "populations": {"plausible": OWN | own},
    }
    return TINY | {"prior": {"samples": 8}, "inference": inference, "examples": {"rules": 2, "training_time": 0.9}}


@pytest.fixture(scope="module")
def whole():
    """A study, and its results by need."""
    study = project.load_study("families_polynomial", "preview", changes())
    return study, run(study, compute=CPU)


def names(count):
    return [f"plausible_{k}" for k in range(count)]


def test_every_sweep_follows_from_the_one_before(whole, tmp_path):
    study, results = whole
    box = study.settings.prior_box
    ends = [results[population_of("plausible", k)] for k in range(SWEEPS + 1)]
    for k, (before, after) in enumerate(pairwise(ends), 1):
        rules, fitness = results[rules_of(f"plausible_{k}")], results[fitness_of(f"plausible_{k}")]
        assert dict(after.sizes) == dict(before.sizes) | {"sweep": k + 1}
        assert 0 < rules.sizes["rule"] <= SIZE
        assert ((rules["theta"] >= box.low) & (rules["theta"] <= box.high)).all()
        known = set(before["source_rule"].values) | set(rules["rule"].values)
        assert set(after["source_rule"].values) <= known
        assert (after["tolerance"] <= before["tolerance"]).item()
        assert (after["violation"] <= after["tolerance"]).all()
        d = violation(fitness, study.settings.ranges("plausible"), study.settings.inference.widths)
        accepted = after["accepted"].values[-1]
        assert accepted <= (d <= before["tolerance"].item()).sum()
        refused = after["refused_by_density"].values[-1] + after["refused_by_classifier"].values[-1]
        assert rules.sizes["rule"] == round(SIZE * (1 - refused))
        own = {str(name): value for name, value in zip(rules["rule"].values, d, strict=True)}
        for name, value in zip(after["source_rule"].values, after["violation"].values, strict=True):
            if name in own:
                assert value == own[name]
    datasets.write(ends[-1], POPULATION, tmp_path / "population.nc", {})
    xr.testing.assert_equal(datasets.read(tmp_path / "population.nc", POPULATION)["z"], ends[-1]["z"])


def test_first_rules_are_of_theory_and_of_the_prior(whole):
    _, results = whole
    rules = results[rules_of("plausible_0")]
    of_theory = np.isfinite(rules["predicted_rate"].values).all(axis=1)
    assert 0 < of_theory.sum() < SIZE
    assert (rules["log_density"].values[of_theory] > 0).all()
    assert np.median(rules["log_density"].values[~of_theory]) == pytest.approx(np.log(0.2), abs=0.01)


def test_population_is_one_more_round(whole, tmp_path):
    _, results = whole
    found, end = results[analysis_of("families")], results[population_of("plausible", SWEEPS)]
    assert list(found["round"].values) == ["prior", "plausible_moves", "plausible"]
    of_population = found["origin"].values == "plausible"
    assert set(found["rule"].values[of_population]) == set(end["source_rule"].values)
    simulated = sum(results[rules_of(name)].sizes["rule"] for name in names(SWEEPS + 1))
    assert found.sizes["rule"] == 8 + simulated
    datasets.write(found, FAMILIES, tmp_path / "families.nc", {})
    levels = results[analysis_of("levels")]
    datasets.write(levels, LEVELS, tmp_path / "levels.nc", {})
    np.testing.assert_array_equal(levels["simulated"].values[0], end["simulated"].values)
    assert end["simulated"].values.sum() == simulated


def test_examples_are_the_best_rules_of_the_population(whole):
    _, results = whole
    end, again = results[population_of("plausible", SWEEPS)], results[fitness_of(EXAMPLES)]
    losses = {str(name): loss for name, loss in zip(end["source_rule"].values, end["loss"].values, strict=True)}
    assert [losses[name] for name in again["rule"].values] == sorted(losses.values())[:2]
    np.testing.assert_array_equal(again["loss"], [losses[name] for name in again["rule"].values])


def test_figure_of_levels_is_the_data(whole):
    _, results = whole
    levels = results[analysis_of("levels")].isel(population_of_rules=0)
    axes = results.figure("levels").axes
    spent = np.cumsum(levels["simulated"].values)
    target, shares = axes[0].lines[0], axes[1].lines[-3]
    np.testing.assert_array_equal(target.get_xdata(), spent)
    np.testing.assert_allclose(target.get_ydata(), levels["tolerance_of_sweep"])
    np.testing.assert_allclose(shares.get_ydata(), levels["population_share"].sel(group="all"))
    stacked = axes[2].collections[0].get_paths()[0].vertices[:, 1].max()
    assert stacked == pytest.approx(levels["accepted"].values[1:].max() / SIZE)
    for name in results.study.figures:
        assert [one for one in results.figure(name).axes if one.axison and one.has_data()] or name == "calibration"


def test_more_sweeps_change_nothing_of_those_that_were_there(whole):
    study, _ = whole
    more = project.load_study("families_polynomial", "preview", changes(sweeps=SWEEPS + 2))
    before, after = study.settings, more.settings
    assert set(rule_sets_of(more, {})) - set(rule_sets_of(study, {})) == {f"plausible_{SWEEPS + k}" for k in (1, 2)}
    for name in names(SWEEPS + 1):
        one, other = rule_set_of(study, name, {}), rule_set_of(more, name, {})
        assert one.settings(before) == other.settings(after)
        assert one.needs == other.needs
    assert before.population_sections("plausible") == after.population_sections("plausible")


def test_further_constraints_change_no_population_that_does_not_ask_for_them(whole):
    study, _ = whole
    more = changes(target=["stable_activity", "stable_weights", "asynchronous_irregular"])
    more["plausible"] = {"poisson": {"kl_isi": [0.0, 1.0]}}
    other = project.load_study("families_polynomial", "preview", more)
    assert other.settings.population_sections("plausible") == study.settings.population_sections("plausible")


def test_batches_change_no_bit(whole):
    _, results = whole
    study = project.load_study("families_polynomial", "preview", changes() | {"evaluation": {"batch_size": 3}})
    again = run(study, [population_of("plausible", 2)], CPU)
    xr.testing.assert_identical(
        again[population_of("plausible", 2)].drop_attrs(), results[population_of("plausible", 2)].drop_attrs()
    )


def test_finished_population_simulates_nothing_more():
    """At once: what is asked for is met by every network that is not stopped; sweeps that were not needed are empty."""
    wide = {"stable_activity": {"rate": [0.0, 1e4], "rate_i": [0.0, 1e4]}}
    own = changes(target=["stable_activity"], theory=0.0, missed=None, sweeps=6)
    study = project.load_study("families_polynomial", "preview", own | {"plausible": wide})
    results = run(study, [population_of("plausible", 6), analysis_of("families")], CPU)
    end = results[population_of("plausible", 6)]
    assert end["finished"].item() == 1
    spent = [results[rules_of(name)].sizes["rule"] for name in names(7)]
    assert spent[-1] == 0
    assert len(end["simulated"]) == spent.index(0)
    assert results[fitness_of("plausible_6")].sizes["rule"] == 0
    assert (end["violation"] == 0).all()


def test_population_that_begins_with_another_of_a_cheap_condition(tmp_path):
    """Its first rules are those of the other's end, simulated anew; only its own are rules of the study."""
    own = changes(begins_with="cheap", sweeps=1)
    own["inference"]["populations"]["cheap"] = OWN | {"condition": "short", "sweeps": 1, "theory": 0.0}
    own["generalisation"] = {"trials": 1, "conditions": {"short": {"protocol": {"training_time": 0.2}}}}
    study = project.load_study("families_polynomial", "preview", own)
    assert list(study.settings.populations) == ["cheap", "plausible"]
    results = run(study, [analysis_of("families"), analysis_of("levels")], CPU)
    cheap, end = results[population_of("cheap", 1)], results[population_of("plausible", 1)]
    first = results[rules_of("plausible_0")]["theta"].values
    assert {tuple(rule) for rule in first} == {tuple(rule) for rule in cheap["theta"].values}
    assert len(results[population_of("plausible", 0)]["source"]) == len(first) == len(np.unique(cheap["source"]))
    assert (end["log_evidence"] <= cheap["log_evidence"]).item()
    found = results[analysis_of("families")]
    assert set(found["round"].values) <= {"prior", "plausible_moves", "plausible"}
    assert set(found["rule_set"].values) == {"prior", "plausible_0", "plausible_1"}
    levels = results[analysis_of("levels")]
    assert list(levels["population_of_rules"].values) == ["cheap", "plausible"]
    datasets.write(levels, LEVELS, tmp_path / "levels.nc", {})
    assert len(results.figure("levels").axes) == 8


def hopeless(rules):
    """Whether one of three parameters, each of either sign under the prior, is above 0."""
    return (rules["theta"].sel(parameter=["EE.alpha", "EI.alpha", "IE.alpha"]).values > 0).any(axis=1)


def scored(rules):
    """Fitness of rules whose network fires at 10 Hz unless they are hopeless, and else at 100 Hz."""
    rate = np.where(hopeless(rules), 100.0, 10.0)[:, None]
    met = ((rate >= 1) & (rate <= 50)).astype(np.int8)
    return xr.Dataset(
        {
            "rate": (("rule", "trial"), rate),
            "rate_i": (("rule", "trial"), np.full_like(rate, 10.0)),
            "simulated_share": (("rule", "trial"), np.ones_like(rate)),
            "loss": ("rule", 1 - met[:, 0] / 2),
            "meets": (("rule", "trial", "constraint"), np.stack([met, np.ones_like(met)], axis=-1)),
            "constraint_group": ("constraint", ["stable_activity"] * 2),
        },
        coords={"rule": rules["rule"].values, "constraint": ["rate", "rate_i"]},
    )


def test_classifier_refuses_moves_and_is_audited():
    """Without simulations: seven eighths of the prior are hopeless, which trees see in three parameters."""
    own = changes(size=360, theory=0.0, target=["stable_activity"], missed=0.05, distinct=0.9, sweeps=3)
    study = project.load_study("families_polynomial", "preview", own)
    settings = study.settings
    data, file = {}, None
    for sweep in range(4):
        rules = rule_set_of(study, f"plausible_{sweep}", {}).sample(settings, data)
        data[rules_of(f"plausible_{sweep}")], data[fitness_of(f"plausible_{sweep}")] = rules, scored(rules)
        file = population_after(settings, "plausible", Sweep(rules, scored(rules), sweep), file)
        data[population_of("plausible", sweep)] = file
    moves = [data[rules_of(f"plausible_{sweep}")] for sweep in range(1, 4)]
    looks = [rules["first_look"].values for rules in moves if rules.sizes["rule"]]
    refused = file["refused_by_classifier"].values
    assert refused[0] == 0
    assert refused[1:].max() > 0.05
    assert set(np.concatenate(looks)) == {0.1, 1.0}
    np.testing.assert_array_equal(file["audited"].values[1:], [(own < 1).sum() for own in looks])
    wrong = np.concatenate([hopeless(rules) for rules in moves])
    passed = np.concatenate(looks) == 1
    assert wrong[passed].mean() < 0.02 < wrong[~passed].mean()
    assert file["log_evidence"].item() == pytest.approx(np.log(1 / 8), abs=3 * file["log_evidence_error"].item())


def test_violation_by_hand():
    ranges, widths = [(1.0, 2.0), (0.0, 1.0)], np.array([2.0, 0.5])
    metrics = np.array([[1.5, 0.5], [4.0, 0.5], [-1.0, 2.0], [1e9, 0.0], [np.nan, np.nan], [np.nan, np.nan]])
    share = np.array([1, 1, 1, 1, 0.25, 0.75])
    expected = [0, np.log(2), np.log(2) + np.log(3), 3, 2 * 3 * 0.875, 2 * 3 * 0.625]
    np.testing.assert_allclose(violations(metrics, share, ranges, widths), expected)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (
            {"target": ["activity"]},
            "populations.plausible.target = 'activity': there is none; allowed: stable_activity",
        ),
        ({"size": 10, "parts": 6}, "size = 10 is less than twice parts = 6; allowed: at least that"),
        ({"theory": 1.0}, "less than 1"),
        ({"condition": "short"}, "populations.plausible.condition = 'short': there is none; allowed: null"),
        ({"begins_with": "plausible"}, "populations.plausible.begins_with = 'plausible': there is none; allowed: null"),
        ({"audited": 0.0}, "greater than 0"),
    ],
)
def test_wrong_populations_are_refused(own, message):
    with pytest.raises(ConfigurationError) as error:
        project.load_study("families_polynomial", "preview", changes(**own))
    assert message in str(error.value)


def test_names_of_populations_are_free():
    for name in ("prior", "round_1", EXAMPLES):
        inference = {"populations": {name: {"sweeps": 1}}}
        with pytest.raises(ConfigurationError, match="other rules have that name"):
            project.load_study("families_polynomial", "preview", {"inference": inference})
