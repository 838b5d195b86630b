"""What only the JAX backend does: slots that are taken again, several devices, memory, arrays changed in place."""

from __future__ import annotations

import math
import os
import pickle
import re
import subprocess
import sys
import time
from collections import deque
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_engine import (
    ASYMMETRIC,
    HEBBIAN,
    NOT_A_NUMBER,
    ONLY_GROWS,
    RECORDING,
    WIDE,
    assert_identical,
    rules,
    small_network,
    small_trial,
)

from synapseek_core.engine.connectivity import projection
from synapseek_core.engine.inputs import ScriptedSource
from synapseek_core.engine.jax import backend as jax_backend
from synapseek_core.engine.jax import batch as jax_batch
from synapseek_core.engine.jax import chunk as jax_chunk
from synapseek_core.engine.jax import events as jax_events
from synapseek_core.engine.jax import inputs as jax_inputs
from synapseek_core.engine.jax import memory as jax_memory
from synapseek_core.engine.jax import tables as jax_tables
from synapseek_core.engine.network import Group, Network, Plasticity, RateBounds, Trial
from synapseek_core.engine.records import Recording
from synapseek_core.neurons.tif import TIFSettings
from synapseek_core.plasticity.registry import SPIKING_FAMILIES

PLASTIC = ("IE",)
STRONG = [0.02, 0.02, -1.5, 0.3, 1.0, 1.0]
SHORT = [0.004, 0.02, -0.2, 0.1, 1.0, 0.6]
WEAKER = [[tau, *(np.array(STRONG[1:]) * share)] for tau, share in ((0.03, 1.0), (0.02, 0.5), (0.05, 0.7), (0.01, 0.2))]
THETA = rules([HEBBIAN, ASYMMETRIC, ONLY_GROWS, NOT_A_NUMBER, STRONG, SHORT, *WEAKER], PLASTIC)
"""Eight rules that are simulated in the lazy form, so 16 networks in two trials; and two in the exact form."""


def bounded_network() -> Network:
    """In which some rules stop early."""
    return small_network(PLASTIC, RateBounds("E", 0.1, 20.0, 40.0))


def two_trials() -> list[Trial]:
    """Of different length."""
    return [small_trial(PLASTIC, 0, 2000), small_trial(PLASTIC, 1, 1200)]


def simulate(recording: Recording = RECORDING) -> list:
    """All rules in two trials."""
    return jax_backend.simulate(bounded_network(), two_trials(), THETA, recording)


@pytest.fixture(scope="module")
def all_at_once():
    records = simulate()
    assert len({record.stop_step for row in records for record in row}) > 3
    return records


def assert_same(found, expected) -> None:
    for records, others in zip(found, expected, strict=True):
        for record, other in zip(records, others, strict=True):
            assert_identical(record, other)


def test_form_depends_on_the_rule_alone():
    forms = [jax_backend.form_of(bounded_network(), two_trials(), rule) for rule in THETA]
    assert forms == ["lazy", "lazy", "lazy", "exact", "lazy", "exact", *["lazy"] * 4]
    static_dead_time = replace(bounded_network().neuron, dead_time=0.0)
    assert jax_backend.form_of(replace(bounded_network(), neuron=static_dead_time), two_trials(), THETA[0]) == "exact"


def test_places_of_stopped_networks_are_taken_again(all_at_once, monkeypatch):
    """Four slots: bit for bit what each job gives when all 16 run at once."""
    monkeypatch.setattr(jax_backend, "most_slots", lambda *_: 4)
    begun = []
    begin = jax_batch.Batch._begin
    monkeypatch.setattr(
        jax_batch.Batch, "_begin", lambda self, jobs, slots: begun.append(len(jobs)) or begin(self, jobs, slots)
    )
    assert_same(simulate(), all_at_once)
    assert len(begun) > 3
    assert sum(begun) == THETA.shape[0] * 2


def test_rules_meet_the_trials_that_are_theirs(all_at_once):
    """Bit for bit what they give in all trials, in their order."""
    own = [[1], [0], [1, 0], [0], [1], [0], [], [1], [0, 1], [0]]
    found = jax_backend.simulate(bounded_network(), two_trials(), THETA, RECORDING, trials_of=own)
    assert_same(found, [[row[trial] for trial in trials] for row, trials in zip(all_at_once, own, strict=True)])


def test_a_full_memory_halves_the_batch_and_loses_nothing(all_at_once, monkeypatch, caplog):
    run_chunk = jax_chunk.run_chunk

    def small_device(layout, tables, state, arrivals, kept):
        if len(state.step) > 4:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate")
        return run_chunk(layout, tables, state, arrivals, kept)

    monkeypatch.setattr(jax_batch, "run_chunk", small_device)
    assert_same(simulate(), all_at_once)
    assert "out of memory; going on with 4 networks at once" in caplog.text


def test_other_errors_of_the_device_are_not_hidden(monkeypatch):
    def broken(*_):
        raise jax.errors.JaxRuntimeError("INTERNAL: something else")

    monkeypatch.setattr(jax_batch, "run_chunk", broken)
    with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
        simulate()


@pytest.mark.slow
def test_two_devices_share_the_networks_and_give_the_same_bits(all_at_once):
    """In a process in which the CPU counts as two devices."""
    code = (
        "import jax, pickle, sys, test_jax_backend as t; assert len(jax.local_devices()) == 2; "
        "sys.stdout.buffer.write(pickle.dumps(t.simulate()))"
    )
    environment = os.environ | {
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path]),
    }
    output = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout
    assert_same(pickle.loads(output), all_at_once)


def test_slots_fit_into_memory(monkeypatch):
    """Twice the memory holds twice the networks; indices end somewhere too."""
    arguments = (jax.local_devices()[0], bounded_network(), two_trials(), RECORDING, "lazy")
    monkeypatch.setattr(jax_memory, "free_memory", lambda _: 1e8)
    few = jax_memory.most_slots(*arguments)
    monkeypatch.setattr(jax_memory, "free_memory", lambda _: 2e8)
    assert jax_memory.most_slots(*arguments) == pytest.approx(2 * few, abs=1)
    monkeypatch.setattr(jax_memory, "free_memory", lambda _: 1e18)
    most = jax_memory.most_slots(*arguments)
    assert most * bounded_network().n_neurons * 8 < jax_memory.BEYOND


@pytest.mark.parametrize("probability", [0.0, 0.003, 0.2, 1.0])
def test_no_spike_is_lost(probability):
    """However many spikes there are, each is handled once, in order."""
    mask = np.random.default_rng(3).random((5, 77)) < probability

    def write(spikes, carried):
        places, turns = carried
        place = spikes.row * mask.shape[1] + spikes.unit
        return places.at[turns * len(place) + jnp.arange(len(place))].set(place), turns + 1

    carried = (jnp.full(mask.size + 8, mask.size), 0)
    places, turns = jax_events.for_each_spike(jnp.asarray(mask), write, carried)
    np.testing.assert_array_equal(places[: mask.sum()], np.flatnonzero(mask))
    assert (places[mask.sum() :] == mask.size).all()
    assert turns == math.ceil(mask.sum() / jax_events.spikes_a_turn(mask.size))


def test_array_sizes_are_few():
    """Sizes grow by an eighth at most, so that nearly equal trials share compiled code."""
    sizes = [jax_tables.round_up(size) for size in range(1, 2000)]
    assert all(size <= rounded <= size * 1.125 for size, rounded in enumerate(sizes, start=1))
    assert len(set(sizes[128:256])) == 8
    assert jax_tables.round_up(0) == 1


@pytest.mark.parametrize("form", ["exact", "lazy"])
def test_weights_are_changed_in_place(form):
    """The compiled chunk copies no array of the weights' size."""
    batch = started_batch(small_network(PLASTIC), small_trial(PLASTIC, 0, 1000), form)
    arguments = (batch.layout, batch.tables, batch.state, batch._arrivals(), batch._kept())
    text = jax_chunk.run_chunk.lower(*arguments).compile().as_text()
    size = batch.state.weights["IE"].size
    operations = {
        name if operation == "fusion" else operation
        for name, shape, operation in re.findall(r"%(\S+) = f32\[([\d,]+)\]\S* ([\w-]+)\(", text)
        if math.prod(map(int, shape.split(","))) == size
    }
    assert any("scatter" in operation for operation in operations)
    assert not [operation for operation in operations if "copy" in operation]


def started_batch(network, trial, form) -> jax_batch.Batch:
    """A batch whose only slot runs one rule."""
    waiting = deque([jax_batch.Job(0, 0)])
    batch = jax_batch.Batch(network, [trial], rules([HEBBIAN], PLASTIC), Recording(), form, waiting, {}, 1)
    batch.start()
    return batch


@pytest.fixture
def optimised():
    """Code is compiled as users run it, see conftest.py."""
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", True)


@pytest.mark.usefixtures("optimised")
@pytest.mark.parametrize("form", ["exact", "lazy"])
def test_time_does_not_grow_with_the_weights(form):
    """The same spikes among 32 times as many silent rows: a copy in every block would show."""
    small, _ = seconds_of_a_chunk(64, form)
    large, copy = seconds_of_a_chunk(2048, form)
    assert large - small < jax_inputs.BLOCKS * copy


def seconds_of_a_chunk(rows, form) -> tuple[float, float]:
    """Shortest time of a chunk, and of one copy of the weights; all but 40 of the presynaptic neurons are silent."""
    pre, post, source = Group("I", 0, rows), Group("E", rows, rows + 1024), Group("input", rows + 1024, rows + 1064)
    network = Network(TIFSettings().build(), (pre, post), source.size, SPIKING_FAMILIES["pair"], ("IE",), WIDE)
    all_pairs = (np.arange(rows + 1) * post.size, np.tile(np.arange(post.start, post.stop, dtype=np.int32), rows))
    one_to_one = (np.arange(41), np.arange(40, dtype=np.int32))
    trial = Trial(
        (
            projection("IE", pre, post, "gaba", all_pairs, 0.1, Plasticity(0.01, 1.0)),
            projection("input", source, pre, "ampa", one_to_one, 10.0),
        ),
        ScriptedSource(np.array([(step, unit) for step in range(0, 4000, 100) for unit in range(40)])),
        4000,
    )
    batch = started_batch(network, trial, form)
    arrivals, kept, times = batch._arrivals(), batch._kept(), []
    for _ in range(4):
        began = time.perf_counter()
        batch.state, output = jax_chunk.run_chunk(batch.layout, batch.tables, batch.state, arrivals, kept)
        counts = np.asarray(output.counts)
        times.append(time.perf_counter() - began)
    assert counts[:, 0, 0].sum() >= 40
    weights, copies = batch.state.weights["IE"], []
    for _ in range(5):
        began = time.perf_counter()
        jnp.array(weights, copy=True).block_until_ready()
        copies.append(time.perf_counter() - began)
    return min(times), min(copies)
