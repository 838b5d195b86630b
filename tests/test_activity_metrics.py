"""Measures of network activity on spike trains and weights with known answers."""

import numpy as np
import pytest

from synapseek_core.measures.metric import NetworkActivity, SpikeTrains, WeightCourse
from synapseek_core.measures.registry import METRICS

SILENT = SpikeTrains(np.empty(0), np.empty(0, np.int64), 4, 10.0)


def trains(times_of_neurons, duration):
    """Spike trains from the spike times of each neuron."""
    neurons = np.concatenate([np.full(len(times), k) for k, times in enumerate(times_of_neurons)])
    return SpikeTrains(np.concatenate(times_of_neurons), neurons, len(times_of_neurons), duration)


def values(excitatory, inhibitory=SILENT, plastic=None, final_weight=None):
    """Every metric; the weights are still unless given."""
    plastic = plastic or {"IE": WeightCourse(np.full((2, 3), 1.0), 20.0)}
    activity = NetworkActivity(excitatory, inhibitory, plastic, final_weight or dict.fromkeys(("EE", "EI", "IE", "II")))
    return {name: metric.of(activity) for name, metric in METRICS.items()}


def clock(size, offsets):
    """10 Hz for 10 s, the neurons with their offsets in s."""
    return trains([np.arange(0.0, 10.0, 0.1) + offset for offset in offsets[:size]], 10.0)


def test_regular_trains():
    """Clocks at 10 Hz: no variability at all; the intervals are in one bin of the histogram."""
    of = values(clock(4, [0.0005, 0.0205, 0.0405, 0.0605]), clock(1, [0.05]))
    still = ("cv_isi", "std_cv", "spatial_Fano", "temporal_Fano", "std_rate_spatial", "w_blow", "w_creep")
    assert [of[name] for name in still] == pytest.approx([0] * len(still), abs=1e-6)
    assert (of["rate"], of["rate_i"]) == pytest.approx((10, 10))
    mass = np.exp(-10 * 9 / 99) - np.exp(-10 * 10 / 99)
    assert of["kl_isi"] == pytest.approx(-np.log(mass))


def test_synchronous_trains():
    """All neurons spike together every 100 ms: a comb of counts, with a comb as its spectrum."""
    of = values(clock(3, [0.0] * 3))
    assert of["std_rate_temporal"] == pytest.approx(np.sqrt(0.01 * 0.99))
    # Of 10000 bins every 100th frequency below 5000 has the amplitude 2/10000 * 100.
    assert of["fft"] == pytest.approx(49 * 0.02)
    # Counts in 10 ms are 1 in every tenth bin: the sums of products, term by term.
    counts = np.zeros(1000)
    counts[::10] = 1
    deviations = counts - 0.1
    covariance = [abs(deviations[: 1000 - lag] @ deviations[lag:]) for lag in range(51)]
    expected = (covariance[0] + 2 * sum(covariance[1:])) / (101 * covariance[0])
    assert of["auto_cov"] == pytest.approx(expected)


def test_poisson_trains():
    """Irregular and asynchronous: Fano factors and the coefficient of variation are 1, correlations vanish."""
    draw = np.random.default_rng(1)
    of = values(trains([np.sort(draw.uniform(0, 100, draw.poisson(2000))) for _ in range(100)], 100.0))
    assert [of[name] for name in ("cv_isi", "spatial_Fano", "temporal_Fano")] == pytest.approx([1, 1, 1], abs=0.03)
    assert of["rate"] == pytest.approx(20, rel=0.01)
    assert of["std_rate_spatial"] == pytest.approx(np.sqrt(20 / 100), rel=0.2)
    assert of["std_rate_temporal"] == pytest.approx(np.sqrt(0.02 / 100), rel=0.05)
    # The amplitudes of white noise have the mean sd * sqrt(pi n) / 2.
    assert of["fft"] == pytest.approx(np.sqrt(0.02 / 100) * np.sqrt(np.pi * 1e5) / 2, rel=0.02)
    assert of["kl_isi"] < 0.002
    assert of["auto_cov"] < 0.03


def test_silent_trains():
    """A network without a spike is constant, regular and without intervals."""
    of = values(SILENT)
    zeros = ("rate", "rate_i", "cv_isi", "std_cv", "spatial_Fano", "temporal_Fano", "fft", "std_rate_temporal")
    assert [of[name] for name in zeros] == [0] * len(zeros)
    assert of["auto_cov"] == 1
    assert of["kl_isi"] == 0


def test_long_intervals_diverge_from_poisson():
    """As published: the exponential distribution has no mass for the intervals beyond 1 s, which the last bin holds."""
    intervals = np.array([0.5, 0.5, 2.0])
    of = values(trains([np.concatenate([[0.1], 0.1 + np.cumsum(intervals)])], 4.0))
    edge = np.linspace(0, 1, 100)
    mass = np.exp(-edge[:-1]) - np.exp(-edge[1:])
    assert of["kl_isi"] == pytest.approx(2 / 3 * np.log(2 / 3 / mass[49]) + 1 / 3 * np.log(1 / 3 / mass[98]))


def test_slow_networks_are_compared_with_a_slower_poisson_process():
    """At 0.1 Hz or below with one of 0.01 Hz, and their neurons count as constant."""
    slow = [np.array([1.0, 1.5]), *[np.empty(0)] * 19]
    of = values(trains(slow, 10.0))
    assert of["rate"] == pytest.approx(0.01)
    edge = np.linspace(0, 1, 100) * 0.01
    assert of["kl_isi"] == pytest.approx(-np.log(np.exp(-edge[49]) - np.exp(-edge[50])))
    assert of["auto_cov"] == 1


def test_bursting_trains():
    """Three spikes 5 ms apart once in a second."""
    bursts = (np.arange(10)[:, None] + np.array([0.05, 0.055, 0.06])).ravel()
    of = values(trains([bursts] * 5, 10.0))
    mean, square = (20 * 0.005 + 9 * 0.99) / 29, (20 * 0.005**2 + 9 * 0.99**2) / 29
    assert of["cv_isi"] == pytest.approx(np.sqrt(square - mean**2) / mean)
    # Counts in 100 ms are 3 in one bin of ten: mean 0.3, variance 0.9 - 0.09.
    assert of["temporal_Fano"] == pytest.approx(0.81 / 0.3)
    assert of["spatial_Fano"] == 0


def test_few_intervals_and_unequal_rates():
    """Neurons with fewer than three intervals count as regular, bins with three spikes or fewer have no Fano factor."""
    of = values(trains([np.array([0.05, 0.15, 0.25, 0.45]), np.array([0.05, 0.15, 0.45])], 1.0))
    variation = 1 / np.sqrt(8)
    assert of["cv_isi"] == pytest.approx(variation / 2)
    assert of["std_cv"] == pytest.approx(variation / 2)
    assert of["rate"] == pytest.approx(3.5)
    assert of["std_rate_spatial"] == pytest.approx(0.5)
    # Only the first neuron has more than three spikes: 4 in 10 bins, at most one in each.
    assert of["temporal_Fano"] == pytest.approx(0.24 / 0.4 / 2)
    assert of["spatial_Fano"] == 0


def test_order_and_edges():
    """Spikes may come in any order; one at an edge is in the bin that begins there, however it was rounded."""
    train = trains([np.array([0.3, 0.1, 0.2]), np.array([0.25])], 0.4)
    assert train.counts(0.1).tolist() == [[0, 1, 1, 1], [0, 0, 1, 0]]
    assert train.mean_count(0.1).tolist() == [0, 0.5, 1, 0.5]
    assert train.intervals[0] == pytest.approx([0.1, 0.1])


def test_weights():
    """Bounds are counted type by type, drift is the largest, of types with weights that count."""
    plastic = {
        "EE": WeightCourse(np.array([[0.0, 0.08], [0.05, 0.05]]), 20.0),
        "IE": WeightCourse(np.array([[0.0, 2.0], [9.0, 9.0], [20.0, 1.0]]), 20.0),
    }
    of = values(SILENT, plastic=plastic, final_weight={"EE": 0.05, "EI": 0.1, "IE": 3.0, "II": 1.0})
    assert of["w_blow"] == pytest.approx((1 / 4 + 2 / 6) / 2)
    # The mean EE weights, 0.04 and 0.05, are too small to count; those of IE are 1 and 10.5.
    assert of["w_creep"] == pytest.approx(2 * 9.5 / 11.5)
    assert [of[name] for name in ("weef", "weif", "wief", "wiif")] == [0.05, 0.1, 3.0, 1.0]
