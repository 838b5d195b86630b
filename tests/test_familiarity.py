"""The familiarity task at a small size: patterns, receptive fields, phases, loss; the published rule, against C25."""

import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from synapseek_core.analysis.parts.registry import PARTS
from synapseek_core.engine.connectivity import receptive_fields
from synapseek_core.engine.inputs import PatternSource, PoissonSource, Presentation
from synapseek_core.engine.network import CHUNK_STEPS, DELAY_STEPS, Group
from synapseek_core.errors import ConfigurationError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.activity import SPIKING_ACTIVITY
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.rule_sets.registry import RULE_SETS
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.studies import project
from synapseek_core.studies.registry import STUDIES
from synapseek_core.tasks.recurrent.activity import window_rates
from synapseek_core.tasks.recurrent.patterns import PatternInputSettings, presentations

TRIALS = Trials(1, ("evaluation",), 2)
SHORT = {"training_time": 1.0, "break_time": {"low": 0.2, "high": 0.4}, "test_time": 0.5}
TINY = {"excitatory": 80, "inhibitory": 20, "connection_probability": 0.5}


def study(name="familiarity_IE", **changes):
    return project.load_study(name, "preview", {"network": TINY, "protocol": SHORT} | changes)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), grid=st.integers(1, 12), extra=st.integers(0, 20), radius=st.floats(0.5, 6.0))
def test_receptive_fields_are_discs(seed, grid, extra, radius):
    """Also where the last units lie beyond the grid. What a neuron is connected to is the disc around some centre."""
    pre, post = Group("input", 30, 30 + grid**2 + extra), Group("neurons", 0, 30)
    row_start, targets = receptive_fields(pre, post, grid, radius, np.random.default_rng(seed))
    connected = np.zeros((pre.size, post.size), bool)
    connected[np.repeat(np.arange(pre.size), np.diff(row_start)), targets] = True
    row, column = np.divmod(np.arange(pre.size), grid)
    centres = np.array([(x, y) for x in range(grid) for y in range(grid)])
    distance = (row[:, None] - centres[:, 0]) ** 2 + (column[:, None] - centres[:, 1]) ** 2
    discs = {disc.tobytes() for disc in (distance < radius**2).T}
    assert all(field.tobytes() in discs for field in connected.T)
    assert connected.sum() == len(targets)


def test_a_pattern_that_is_on_adds_spikes_to_its_inputs_alone():
    """Within five standard errors; from its onset to its end, later by the axonal delay."""
    shown = Presentation(1500, 3500, 20, 50)
    source = PatternSource(PoissonSource(200, 5.0, TRIALS, 0), 40.0, (shown,))
    counts = np.zeros((5 * CHUNK_STEPS, 200))
    for chunk in (3, 0, 4, 1, 2):
        step, inputs = source.arrivals(chunk)
        assert (np.diff(step * 200 + inputs) > 0).all()
        counts[chunk * CHUNK_STEPS + step, inputs] += 1
    on = counts[1500 + DELAY_STEPS : 3500 + DELAY_STEPS, 20:70].sum()
    assert on == pytest.approx(50 * 0.2 * 45, abs=5 * np.sqrt(50 * 0.2 * 45))
    counts[1500 + DELAY_STEPS : 3500 + DELAY_STEPS, 20:70] = 0
    rest = (200 * 0.5 - 50 * 0.2) * 5.0
    assert counts.sum() == pytest.approx(rest, abs=5 * np.sqrt(rest))
    background = PoissonSource(200, 5.0, TRIALS, 0).arrivals(0)
    np.testing.assert_array_equal(source.arrivals(0), background)


def test_patterns_follow_a_list_if_there_is_one():
    """At the same times as drawn ones, and from its start again after its end."""

    def shown(order):
        task = project.load_study("familiarity_IE_2022", "preview", {"input": {"pattern_order": order}}).task
        return [
            (one.first, one.start) for one in task.simulator.build_trial(TRIALS, 0, None)[0].spikes.presentations[:-2]
        ]

    drawn, listed, last = shown(None), shown([0, 1, 1]), shown([1])
    assert [start for _, start in drawn] == [start for _, start in listed] == [start for _, start in last]
    assert {first for first, _ in last} == {1666}
    assert [first for first, _ in listed[:4]] == [0, 1666, 1666, 0]
    assert drawn != listed


def test_the_tested_pattern_is_the_last_or_drawn():
    """Patterns 0 and 1 are familiar; the drawn one varies from trial to trial, and nothing else does."""

    def tested(choice):
        changes = {"protocol": {"tested_pattern": choice}}
        task = project.load_study("familiarity_IE_2022", "preview", changes).task
        built = [task.simulator.build_trial(TRIALS, trial, None)[0] for trial in range(6)]
        return [[(one.first, one.start) for one in trial.spikes.presentations[-2:]] for trial in built]

    last, drawn = tested("last"), tested("random")
    assert {familiar[0] for _, familiar in last} == {1666}
    assert {familiar[0] for _, familiar in drawn} == {0, 1666}
    assert [[start for _, start in trial] for trial in last] == [[start for _, start in trial] for trial in drawn]


def test_patterns_are_shown_as_published():
    """Random familiar patterns, on for about 2 s and off for about 0.1 s, never beyond the phase."""
    patterns = PatternInputSettings(familiar_patterns=2)
    shown = presentations(patterns, (0, 5_000_000), np.random.default_rng(0))
    assert shown[0].start == 0
    assert shown[-1].stop <= 5_000_000
    assert {one.first for one in shown} == {0, 1666}
    on = np.array([one.stop - one.start for one in shown[:-1]]) * 1e-4
    off = np.array([b.start - a.stop for a, b in itertools.pairwise(shown)]) * 1e-4
    assert on.mean() == pytest.approx(2.0, abs=5 * 0.67 / np.sqrt(len(on)))
    assert on.std() == pytest.approx(2 / 3, rel=0.15)
    assert off.mean() == pytest.approx(0.1, abs=5 * 0.1 / np.sqrt(len(off)))
    assert (off >= 0).all()


@pytest.mark.parametrize("order", [("novel", "familiar"), ("familiar", "novel")])
def test_phases_follow_each_other_in_the_order_that_is_asked_for(order):
    protocol = study(protocol=SHORT | {"test_order": order}).settings.protocol
    phases = protocol.draw(np.random.default_rng(0))
    assert tuple(phases) == ("training", *order)
    (start, trained), (first, second), (third, end) = phases.values()
    assert (start, trained) == (0, 10_000)
    assert 2000 <= first - trained <= 4000 >= third - second >= 2000
    assert second - first == end - third == 5000
    assert not any(step % CHUNK_STEPS for phase in phases.values() for step in phase)


@pytest.fixture(scope="module")
def activity():
    return simulate_on("numba")


def simulate_on(backend, plastic=False):
    tested = study(protocol=SHORT | {"plastic_during_test": plastic})
    return tested.task.simulate(RuleTable.of(published(tested)[None], ["final"], [0]), TRIALS, Compute(backend))


def published(tested):
    return RULE_SETS["published"].sample(tested.settings, {})["theta"].values[-1]


@pytest.mark.parametrize("backend", ["numba", pytest.param("jax", marks=pytest.mark.slow)])
def test_weights_are_frozen_during_the_tests_unless_they_are_not(backend):
    """They change until the first test, then not at all; with plasticity kept on they go on."""
    for plastic, goes_on in ((False, False), (True, True)):
        activity = simulate_on(backend, plastic)
        weights = activity["weight_sample"].isel(rule=0, synapse_type=0)
        for trial in range(TRIALS.count):
            first_test = float(activity["window_start"][trial, 0])
            of_trial = weights.isel(trial=trial).dropna("weight_time")
            before = of_trial.sel(weight_time=slice(0, first_test + 1e-6))
            after = of_trial.sel(weight_time=slice(first_test - 1e-6, None))
            assert before.isel(weight_time=slice(-2, None)).diff("weight_time").any()
            assert bool(after.diff("weight_time").any()) == goes_on


def test_backends_agree_on_the_task(activity):
    other = simulate_on("jax")
    assert activity["rate"].sum() > 0
    np.testing.assert_allclose(activity["weight_mean"][..., :4], other["weight_mean"][..., :4], rtol=1e-4)


def test_inputs_are_kept_with_the_spikes_and_follow_the_pattern(activity):
    """While the novel pattern is on, its inputs spike more than the others."""
    novel = activity["window"].values.tolist().index("novel")
    start, stop = activity["window_start"][0, novel], activity["window_stop"][0, novel]
    shown = (activity["input_spike_time"] > start) & (activity["input_spike_time"] < stop)
    source = activity["input_spike_source"][shown & (activity["input_spike_trial"] == 0)].values
    inside = (source >= 2500) & (source < 3000)
    background, active = float(activity["input_rate"][0]), float(activity["active_rate"][0])
    share = 20 * (background + active / (background + 0.01))
    expected = share / (share + 180 * background)
    assert inside.mean() == pytest.approx(expected, abs=5 * np.sqrt(expected * (1 - expected) / len(inside)))


def test_activity_keeps_its_contract(activity, tmp_path):
    datasets.write(activity, SPIKING_ACTIVITY, tmp_path / "a.nc", {})
    assert "input_spike_time" in datasets.read(tmp_path / "a.nc", SPIKING_ACTIVITY)


def test_one_protocol_for_one_and_for_two_types():
    """That of the published runs of 2023; the older one differs in the patterns and in plasticity during the tests."""
    settings = {name: project.load_study(name, "published").settings for name in STUDIES if name.startswith("famil")}
    older = settings.pop("familiarity_IE_2022")
    common = settings["familiarity_IE"]
    assert (common.input.familiar_patterns, common.protocol.plastic_during_test) == (1, True)
    assert common.protocol.test_order == ("novel", "familiar")
    assert (older.input.familiar_patterns, older.protocol.plastic_during_test) == (2, False)
    tested = {name: (own.protocol, own.input) for name, own in settings.items() if name.startswith("familiarity")}
    assert len(tested) == 8
    assert all(own == (common.protocol, common.input) for own in tested.values())


@pytest.mark.parametrize("highest", [50.0, 200.0])
def test_loss_of_a_novel_pattern_does_not_depend_on_where_trials_stop(highest):
    fitness = study(protocol=SHORT | {"highest_rate": highest}).task.evaluate(made_activity(30.0, 19.0))
    assert fitness["loss_novel"].item() == pytest.approx(0.1)


def made_activity(familiar, novel, status=Status.ok, stop_time=4.0):
    """One rule in one trial of 4 s: the novel pattern is on from 1 to 2 s, the familiar one from 3 to 4 s."""
    time = np.arange(1, 401) * 0.01
    rate = np.where(time > 2.5, familiar, novel)
    activity = xr.Dataset(
        {
            "status": (("rule", "trial"), [[int(status)]]),
            "stop_time": (("rule", "trial"), [[stop_time]]),
            "duration": ("trial", [4.0]),
            "window_start": (("trial", "window"), [[1.0, 3.0]]),
            "window_stop": (("trial", "window"), [[2.0, 4.0]]),
            "filtered_rate": (("rule", "trial", "rate_time"), rate[None, None]),
            "rate": (("rule", "trial", "population", "rate_time"), np.tile(rate, (1, 1, 2, 1))),
            "final_weight_mean": (("rule", "trial", "synapse_type"), [[[0.1]]]),
            "final_weight_sd": (("rule", "trial", "synapse_type"), [[[0.1]]]),
        },
        coords={"rule": ["made"], "rate_time": time, "window": ["novel", "familiar"], "population": ["E", "I"]},
    )
    return activity.assign(window_rate=window_rates(activity))


@pytest.mark.parametrize(
    ("familiar", "novel", "parts"),
    [(30.0, 5.0, (0.0, 0.0)), (15.0, 5.0, (0.25, 0.0)), (30.0, 19.0, (0.0, 0.1)), (0.0, 100.0, (1.0, 1.0))],
)
def test_loss_is_the_published_formula(familiar, novel, parts):
    fitness = study().task.evaluate(made_activity(familiar, novel))
    assert (fitness["loss_familiar"].item(), fitness["loss_novel"].item()) == pytest.approx(parts)
    assert fitness["loss"].item() == pytest.approx(sum(parts) / 2)
    assert fitness["rate"].sel(population="E", window="familiar").item() == familiar


def test_loss_of_a_stopped_trial_is_the_published_formula():
    fitness = study().task.evaluate(made_activity(99.0, 99.0, Status.runaway, 3.0))
    assert fitness["loss"].item() == pytest.approx(42 + np.exp(-3 / 4))
    assert np.isnan(fitness["loss_novel"]).all()
    assert np.isnan(fitness["rate"]).all()


def test_degeneracy_has_the_rates_of_all_rules(activity):
    tested = study()
    fitness = tested.task.evaluate(activity)
    rules = tested.settings.rule_space.names
    learned = xr.Dataset(
        {
            "theta": (("rule", "parameter"), published(tested)[None]),
            "is_mean": ("rule", [1]),
            "restart_of_rule": ("rule", [0]),
        },
        coords={"rule": fitness["rule"], "parameter": list(rules)},
    )
    tables = {name: {"learned": one, "prior": one} for name, one in (("rules", learned), ("fitness", fitness))}
    parts = [PARTS[name].run(tested, *tables.values(), Compute()) for name in tested.definition.degeneracy]
    result = xr.merge(parts)
    assert 1 <= float(result["effective_parameters"]) <= len(rules)
    expected = fitness["rate"].sel(population="E", window="novel").mean("trial").values
    np.testing.assert_allclose(result["novel_rate"], np.tile(expected, 2), rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"input": {"pattern_size": 6000}}, "input: pattern_size = 6000 is more than the sources = 5000"),
        ({"input": {"pattern_size": 2600}}, "makes patterns overlap"),
        ({"input": {"pattern_order": [0, 1]}}, "input: pattern_order = [0, 1] names pattern 1; allowed: 0 to 0"),
        ({"input": {"pattern_order": []}}, "input.pattern_order = []: a list of patterns has at least one"),
        ({"input": {"familiar_patterns": 0}}, "input.familiar_patterns = 0: input should be greater than or equal"),
        ({"protocol": {"break_time": -1.0}}, "protocol.break_time = -1.0: a break of -1.0 s would make phases overlap"),
        ({"protocol": {"training_time": 0.0}}, "protocol.training_time = 0.0: the tests need a training before them"),
        ({"protocol": {"test_order": ["novel", "novel"]}}, "each pattern is tested once"),
        ({"protocol": {"novel_cut": 200.0}}, "novel_cut = 200 Hz must lie between"),
        ({"protocol": {"novel_scale": 10.0}}, "novel_scale = 10 Hz must be above novel_cut = 10 Hz"),
    ],
)
def test_a_mistake_in_the_protocol_is_one_line(changes, words):
    with pytest.raises(ConfigurationError) as error:
        project.load_study("familiarity_IE", "published", changes)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["stability_EE", "stability_EI", "stability_II", "familiarity_EI", "familiarity_EE_IE"]
)
def test_every_synapse_type_can_be_plastic(name):
    """Under a rule that only lets weights grow, those of the plastic types grow."""
    # With a shorter filter the trial would be stopped before the weights are sampled again.
    protocol = {"training_time": 0.3, "rate_time_constant": 1.0}
    protocol |= {"scoring_time": 0.1} if "stab" in name else {"test_time": 0.1}
    tested = project.load_study(name, "preview", {"network": TINY, "protocol": protocol})
    types = tested.settings.plasticity.synapse_types
    grows = tested.settings.rule_space.expand({"tau_pre": 0.02, "tau_post": 0.02, "alpha": 0.5} | REST, "here")
    activity = tested.task.simulate(RuleTable.of([grows]), Trials(1, ("look",), 1), Compute("numba"))
    assert tuple(activity["synapse_type"].values) == types
    weights = activity["weight_sample"].isel(rule=0, trial=0).mean("synapse")
    assert (weights.isel(weight_time=2) > weights.isel(weight_time=0)).all()
    assert np.isfinite(tested.task.evaluate(activity)["loss"]).all()


REST = {"beta": 0.0, "gamma": 0.0, "kappa": 0.0}


@pytest.mark.slow
def test_published_rule_at_published_scale():
    """Familiar over 20 Hz and novel under 10 Hz in most trials (Confavreux et al. 2025, run 2309211155)."""
    full = project.load_study("familiarity_IE", "published")
    rules = RuleTable.of(published(full)[None], ["final"])
    activity = full.task.simulate(rules, Trials(1, ("slow test",), 5), Compute(threads=2))
    rate = full.task.evaluate(activity)["rate"].sel(rule="final", population="E")
    assert int(((rate.sel(window="familiar") > 20) & (rate.sel(window="novel") < 10)).sum()) >= 3
