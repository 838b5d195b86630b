"""Random connectivity and spike sources: what every draw must fulfil, and the statistics of many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synapseek_core.engine.connectivity import all_to_all, projection, random_pairs
from synapseek_core.engine.inputs import (
    REMEMBERED_CHUNKS,
    SIGNAL_STEPS,
    PoissonSource,
    ScriptedSource,
    SharedSource,
    SignalSource,
    SlowSignals,
)
from synapseek_core.engine.network import CHUNK_STEPS, DELAY_STEPS, Group
from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.seeds import Trials

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 60)
probabilities = st.floats(0.001, 1.0)


def pairs_of(pre: Group, row_start: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(synapse, 2) presynaptic and postsynaptic ids."""
    return np.column_stack([pre.start + np.repeat(np.arange(pre.size), np.diff(row_start)), targets])


@settings(deadline=None)
@given(seed=seeds, start=st.integers(0, 40), pre_size=sizes, post_size=sizes, probability=probabilities)
def test_random_pairs_are_sorted_distinct_and_without_autapses(seed, start, pre_size, post_size, probability):
    """For groups that overlap, coincide or are apart."""
    pre, post = Group("pre", start, start + pre_size), Group("post", 20, 20 + post_size)
    row_start, targets = random_pairs(pre, post, probability, np.random.default_rng(seed))
    pairs = pairs_of(pre, row_start, targets)
    assert row_start.shape == (pre.size + 1,)
    assert (row_start[0], row_start[-1]) == (0, len(targets))
    assert ((targets >= post.start) & (targets < post.stop)).all()
    assert (pairs[:, 0] != pairs[:, 1]).all()
    flat = pairs[:, 0] * 1000 + pairs[:, 1]
    assert (np.diff(flat) > 0).all()


@settings(deadline=None, max_examples=20)
@given(pre_size=sizes, post_size=sizes)
def test_certain_pairs_are_all_pairs(pre_size, post_size):
    pre, post = Group("pre", 5, 5 + pre_size), Group("post", 8, 8 + post_size)
    for found, expected in zip(
        random_pairs(pre, post, 1.0, np.random.default_rng(0)), all_to_all(pre, post), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_degrees_are_binomial():
    """Mean and variance of the number of synapses onto a neuron and from one, within five standard errors."""
    group, probability = Group("neurons", 0, 2000), 0.05
    row_start, targets = random_pairs(group, group, probability, np.random.default_rng(1))
    slots = group.size - 1
    variance = slots * probability * (1 - probability)
    for degrees in (np.diff(row_start), np.bincount(targets, minlength=group.size)):
        assert degrees.mean() == pytest.approx(slots * probability, abs=5 * np.sqrt(variance / group.size))
        assert degrees.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / group.size))


def test_every_pair_is_equally_likely():
    """First and last cells of the matrix included."""
    pre, post, draws, probability = Group("pre", 0, 4), Group("post", 4, 9), 4000, 0.3
    generator = np.random.default_rng(2)
    found = np.zeros((pre.size, post.size))
    for _ in range(draws):
        pairs = pairs_of(pre, *random_pairs(pre, post, probability, generator))
        found[pairs[:, 0], pairs[:, 1] - post.start] += 1
    error = np.sqrt(probability * (1 - probability) / draws)
    np.testing.assert_allclose(found / draws, probability, atol=5 * error)


@settings(deadline=None, max_examples=30)
@given(seed=seeds, probability=probabilities)
def test_incoming_lists_every_synapse_of_a_neuron(seed, probability):
    pre, post = Group("pre", 0, 30), Group("post", 10, 35)
    pairs = random_pairs(pre, post, probability, np.random.default_rng(seed))
    p = projection("test", pre, post, "ampa", pairs, 0.5)
    start, synapses = p.incoming
    assert sorted(synapses) == list(range(len(p.targets)))
    for neuron in range(post.size):
        assert (p.targets[synapses[start[neuron] : start[neuron + 1]]] == post.start + neuron).all()
    np.testing.assert_array_equal(pairs_of(pre, *pairs)[:, 0], pre.start + p.sources)
    assert p.weight.shape == (pre.size,)


@settings(deadline=None, max_examples=40)
@given(seed=seeds, size=st.integers(1, 400), rate=st.floats(0.1, 300), chunk=st.integers(0, 10_000))
def test_poisson_spikes_are_sorted_distinct_and_reproducible(seed, size, rate, chunk):
    source = PoissonSource(size, rate, Trials(seed, ("test",), 1), 0)
    step, unit = source.arrivals(chunk)
    assert ((step >= 0) & (step < CHUNK_STEPS) & (unit >= 0) & (unit < size)).all()
    assert (np.diff(step) >= 0).all()
    assert len(np.unique(step.astype(np.int64) * size + unit)) == len(step)
    for found, again in zip((step, unit), source.arrivals(chunk), strict=True):
        np.testing.assert_array_equal(found, again)


def test_poisson_rate_and_independence():
    """Spikes of each source and of each step have the right mean, and chunks and trials differ."""
    size, rate, chunks = 300, 40.0, 50
    trials = Trials(11, ("test",), 2)
    source = PoissonSource(size, rate, trials, 0)
    step, unit = (np.concatenate(part) for part in zip(*map(source.arrivals, range(chunks)), strict=True))
    of_source, of_step = np.bincount(unit, minlength=size), np.bincount(step, minlength=CHUNK_STEPS)
    expected = rate * TIME_STEP * CHUNK_STEPS * chunks
    assert of_source.mean() == pytest.approx(expected, abs=5 * np.sqrt(expected / size))
    assert of_source.var() == pytest.approx(expected, rel=5 * np.sqrt(2 / size))
    assert of_step.var() / of_step.mean() == pytest.approx(1, abs=5 * np.sqrt(2 / CHUNK_STEPS))
    first = source.arrivals(0)[1]
    for other in (source.arrivals(1)[1], PoissonSource(size, rate, trials, 1).arrivals(0)[1]):
        assert not np.array_equal(first[:50], other[:50])


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3500), st.integers(0, 9)), max_size=60))
def test_scripted_spikes_arrive_once_after_the_delay(emissions):
    emissions = np.array(emissions, np.int64).reshape(-1, 2)
    arrived = []
    for chunk in range(4):
        step, unit = ScriptedSource(emissions).arrivals(chunk)
        assert (np.diff(step) >= 0).all()
        arrived += [(chunk * CHUNK_STEPS + int(s) - DELAY_STEPS, int(u)) for s, u in zip(step, unit, strict=True)]
    assert sorted(arrived) == sorted(map(tuple, emissions.tolist()))


def signal_source(trial: int = 0, modulation: float = 80.0) -> SignalSource:
    signals = SlowSignals(2, 5.0, modulation, 0.05, Trials(3, ("test",), 2), trial)
    return SignalSource(np.array([[30, 30], [10, 10]]), signals)


def test_slow_signals_have_the_stated_law():
    """Mean rate, share of time at the background, and correlation time, over 200 s of two signals."""
    signals = signal_source().signals
    rates = np.concatenate([signals.rates(chunk) for chunk in range(2000)])
    assert rates.mean() == pytest.approx(signals.mean_rate, rel=0.04)
    assert (rates == 5.0).mean() == pytest.approx(0.5, abs=0.02)
    # Of a rectified Gaussian with correlation c: (sqrt(1 - c^2) + c (pi - arccos c) - 1) / (pi - 1).
    lag = round(0.05 / (SIGNAL_STEPS * TIME_STEP))
    deviation = rates - rates.mean(axis=0)
    found = (deviation[lag:] * deviation[:-lag]).mean() / (deviation**2).mean()
    c = np.exp(-1)
    assert found == pytest.approx((np.sqrt(1 - c**2) + c * (np.pi - np.arccos(c)) - 1) / (np.pi - 1), abs=0.03)


def test_signal_goes_on_from_chunk_to_chunk():
    """One step across the edge of a chunk is no larger than steps within it."""
    signals = signal_source().signals
    rates = np.concatenate([signals.rates(chunk) for chunk in range(300)])
    steps = np.abs(np.diff(rates, axis=0))
    edge = CHUNK_STEPS // SIGNAL_STEPS
    assert steps[edge - 1 :: edge].mean() == pytest.approx(steps.mean(), rel=0.25)


def test_inputs_of_a_group_follow_its_signal_and_spike_once_a_step():
    source = signal_source()
    counts, expected = np.zeros((2, 400)), np.zeros((2, 400))
    for chunk in range(400):
        step, unit = source.arrivals(chunk)
        flat = step.astype(int) * 80 + unit
        assert (np.diff(flat) > 0).all()
        assert step.max(initial=0) < CHUNK_STEPS
        group = np.where(unit < 60, unit // 30, (unit - 60) // 10)
        counts[:, chunk] = np.bincount(group, minlength=2)
        expected[:, chunk] = 40 * source.signals.rates(chunk).mean(axis=0) * CHUNK_STEPS * TIME_STEP
    # Poisson: deviations over the root of the expectation have variance 1.
    assert ((counts - expected) / np.sqrt(expected)).std() == pytest.approx(1, abs=0.1)
    assert counts.sum() == pytest.approx(expected.sum(), rel=0.02)


class CountedSource:
    """Says how often it was asked."""

    asked = 0

    def arrivals(self, chunk):
        self.asked += 1
        return np.array([chunk]), np.array([0])


def test_networks_that_share_a_source_draw_once_and_memory_is_bounded():
    counted = CountedSource()
    shared = SharedSource(counted, 2)
    chunks = range(REMEMBERED_CHUNKS + 20)
    for _ in range(2):
        assert [int(shared.arrivals(chunk)[0][0]) for chunk in chunks] == list(chunks)
        assert len(shared.drawn) == (REMEMBERED_CHUNKS if shared.networks else 0)
        shared.leave()
    assert counted.asked == len(chunks) + 20
    assert not shared.drawn


def test_chunks_of_signals_do_not_depend_on_the_order():
    forwards, backwards = signal_source(), signal_source()
    chunks = range(148)
    first = [forwards.arrivals(chunk) for chunk in chunks]
    second = [backwards.arrivals(chunk) for chunk in reversed(chunks)][::-1]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(forwards.arrivals(3), first[3])
    assert not np.array_equal(signal_source(trial=1).arrivals(0)[1], first[0][1])
