"""The four-type network in Brian2's C++ standalone mode, one thread: the public peer.

Two forms: `usual` keeps a trace of either side in every synapse, in double precision, as Brian2's documentation writes
spike-timing-dependent plasticity; `fastest` keeps traces on the neurons, in single precision. In the fastest form the
presynaptic trace jumps when the neuron spikes, 0.8 ms before the arrival: cheaper, and nearly the same rule.
Stimberg, Brette and Goodman, eLife 8:e47314, 2019.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import brian2 as b2
import numpy as np
from network import SETTLED_WEIGHT, THETA

NEURON = """
dv/dt = ((-70*mV - v) - (0.3*g_ampa + g_nmda)/1.3*v - g_gaba*(v + 80*mV))/(20*ms) : volt
dg_ampa/dt = -g_ampa/(5*ms) : 1
dg_nmda/dt = (g_ampa - g_nmda)/(100*ms) : 1
dg_gaba/dt = -g_gaba/(10*ms) : 1
dshift/dt = -shift/(5*ms) : volt
"""
NEURON_TRACES = "dx/dt = -x/(20*ms) : 1\ndy/dt = -y/(20*ms) : 1\n"
SYNAPSE_TRACES = "dx/dt = -x/(20*ms) : 1 (event-driven)\ndy/dt = -y/(20*ms) : 1 (event-driven)\n"


class Brian2Program:
    """The compiled program of one form; `run` runs it once more."""

    def __init__(self, form: str, seconds: float, folder: Path) -> None:
        self.folder, self.seconds = folder, seconds
        network, counts = _network(form)
        network.run(seconds * b2.second)
        b2.device.build(directory=str(folder), compile=True, run=True, debug=False)
        spikes = np.array(counts.count)
        self.rates = spikes[:4096].mean() / seconds, spikes[4096:].mean() / seconds

    def run(self) -> float:
        """Run once and return seconds of the time loop per biological second (one thread, so CPU seconds)."""
        subprocess.run(["./main"], cwd=self.folder, check=True, capture_output=True)
        elapsed = float((self.folder / "results" / "last_run_info.txt").read_text().split()[0])
        return elapsed / self.seconds


def _network(form: str) -> tuple[b2.Network, b2.SpikeMonitor]:
    fastest = form == "fastest"
    b2.device.reinit()
    b2.device.activate(build_on_run=False)
    b2.set_device("cpp_standalone", build_on_run=False)
    b2.prefs.core.default_float_dtype = np.float32 if fastest else np.float64
    b2.prefs.devices.cpp_standalone.openmp_threads = 0
    b2.defaultclock.dt = 0.1 * b2.ms
    neurons = b2.NeuronGroup(
        5120,
        NEURON + (NEURON_TRACES if fastest else ""),
        threshold="v > -50*mV + shift",
        reset="v = -70*mV; shift = 100*mV" + ("; x += 1; y += 1" if fastest else ""),
        method="euler",
    )
    neurons.v = -70 * b2.mV
    groups = {"E": neurons[:4096], "I": neurons[4096:]}
    source = b2.PoissonGroup(5000, 10 * b2.Hz)
    inputs = b2.Synapses(source, neurons, on_pre="g_ampa_post += 0.075", delay=0.8 * b2.ms)
    inputs.connect(p=0.05)
    synapses = [_plastic(groups, name, THETA[k], fastest) for k, name in enumerate(SETTLED_WEIGHT)]
    counts = b2.SpikeMonitor(neurons, record=False)
    return b2.Network(neurons, source, inputs, synapses, counts), counts


def _plastic(groups: dict, name: str, theta: np.ndarray, fastest: bool) -> b2.Synapses:
    """Return the plastic synapses of one type."""
    conductance = "g_ampa" if name[0] == "E" else "g_gaba"
    alpha, beta, gamma, kappa = (float(value) for value in theta[2:])
    jump_pre, jump_post = ("", "") if fastest else ("; x += 1", "; y += 1")
    post_trace, pre_trace = ("y_post", "x_pre") if fastest else ("y", "x")
    synapses = b2.Synapses(
        groups[name[0]],
        groups[name[1]],
        "w : 1\n" + ("" if fastest else SYNAPSE_TRACES),
        on_pre=f"{conductance}_post += w; w = clip(w + 0.01*({alpha} + {kappa}*{post_trace}), 0, 20)" + jump_pre,
        on_post=f"w = clip(w + 0.01*({beta} + {gamma}*{pre_trace}), 0, 20)" + jump_post,
    )
    synapses.connect(condition="i != j" if name[0] == name[1] else None, p=0.1)
    synapses.w = SETTLED_WEIGHT[name]
    synapses.pre.delay = 0.8 * b2.ms
    return synapses
