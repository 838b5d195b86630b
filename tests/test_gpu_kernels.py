"""The kernels of the JAX backend for GPUs, beside plain JAX; on a CPU they are interpreted."""

from __future__ import annotations

from functools import partial

import pytest
import test_engine
from test_engine import ASYMMETRIC, HEBBIAN, WIDE, assert_close, assert_identical, rules, small_network, small_trial

from synapseek_core import runtime
from synapseek_core.engine.jax import backend, batch
from synapseek_core.engine.network import RateBounds
from synapseek_core.engine.records import Recording

PLASTIC = ("EE", "IE")
"""EI and II are static."""

RECORDING = Recording(neurons=(0, 3, 85), spike_rules=(0,), synapses=7)
BOUNDS = {"lazy": RateBounds("E", 0.1, -1.0, 75.0), "exact": WIDE}
"""In the lazy form one of the rules is stopped by its rate, within a chunk."""


KERNELS = "kernels" if runtime.gpus() else "interpreted"
"""Without a GPU they are interpreted, with the bits of plain JAX; a GPU rounds where it likes."""


def compute(monkeypatch, how) -> None:
    """Blocks are computed in that way."""
    monkeypatch.setattr(batch, "compute_on", lambda *_: how)


def simulate(form):
    theta = rules([HEBBIAN, ASYMMETRIC], PLASTIC)
    network = small_network(PLASTIC, BOUNDS[form])
    return backend.simulate(network, [small_trial(PLASTIC, 0, 1800)], theta, RECORDING, form)


@pytest.mark.parametrize("form", ["lazy", "exact"])
def test_kernels_compute_what_plain_jax_does(form, monkeypatch):
    """Every spike and weight of two rules, of which one is stopped in the lazy form."""
    compute(monkeypatch, "xla")
    plain = simulate(form)
    compute(monkeypatch, KERNELS)
    for records, others in zip(simulate(form), plain, strict=True):
        (assert_identical if KERNELS == "interpreted" else assert_close)(records[0], others[0])
        assert records[0].window_counts.sum() > 100
    assert (len({records[0].stop_step for records in plain}) == 2) == (form == "lazy")


@pytest.mark.slow
@pytest.mark.parametrize("neuron", ["tif", "if"])
def test_kernels_reproduce_the_trace(neuron, monkeypatch):
    """Every spike of Auryn's, and every weight, with plastic synapses from sources."""
    compute(monkeypatch, KERNELS)
    test_engine.test_auryn_trace(partial(backend.simulate, form="exact"), neuron)
