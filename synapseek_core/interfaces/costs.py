"""Planned costs of a study: time, memory and storage of its simulations.

Times are those of one core of the processor that `benchmarks/results/engine.nc` names. To its cases the three
coefficients of a spiking network are fitted, which give each of them within 16 %: per biological second,

    NEURON_STEP * neurons * steps + PLASTIC_EVENT * plastic synapses * rate + STATIC_EVENT * other synapses * rate

with the rate of the presynaptic unit; and INPUT_SPIKE * inputs * rate, seen in few neurons with many inputs. The rates
of neurons are not known before: PLANNED_RATE is what the published studies aim at. A network that is stopped costs less
than planned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from synapseek_core.neurons.model import TIME_STEP
from synapseek_core.plasticity.family import PlasticityFamily

NEURON_STEP = 0.5e-9
"""Core seconds of a neuron in a time step."""

PLASTIC_EVENT = 5.0e-9
"""Core seconds of a spike at a plastic synapse, in the lazy form."""

STATIC_EVENT = 1.5e-9
"""Core seconds of a spike at a static synapse."""

RATE_STEP, RATE_WEIGHT_STEP = 5e-6, 2e-9
"""Core seconds of a presented input, however many rate networks there are, and of each weight of each of them."""

GRADIENT = 3.0
"""How much longer a loss with its gradient takes than the loss alone."""

EXACT_FORM = 1.5
"""How much longer the exact form takes (`engine.nc`: a user's rule against the pair rule)."""

INPUT_SPIKE = 50e-9
"""Core seconds in which a spike of an input is drawn."""

PLANNED_RATE = 10.0
"""Assumed rate of all neurons, in Hz."""

INFERENCE = 30.0
"""Core seconds of a posterior of rules from a thousand simulations; most of it compiles."""

CORES_OF_A_GPU = 16.0
"""Cores that a GPU is planned to replace: assumed, not measured."""

START = 5.0
"""Core seconds in which a job imports its libraries and loads or compiles its code."""

PROCESS_MEMORY = 0.8e9
"""Bytes of a job before it simulates: the interpreter, JAX and Numba."""

SYNAPSE_MEMORY = 10.0
"""Bytes of a synapse in the tables of a trial."""

WEIGHT_MEMORY = 24.0
"""Bytes of a plastic synapse in a network that runs, in either form."""

VALUE_STORAGE = 4.0
"""Bytes of a number in a file; compression is not counted on."""

COMPRESSED_COUNT = 0.4
"""Bytes of the rate of a single neuron in a bin in which it spikes seldom, compressed."""

SPIKE_STORAGE = 6.0
"""Bytes of a recorded spike in a file, compressed."""

FILE_STORAGE = 0.12e6
"""Bytes of an activity file without a rule in it."""


@dataclass(frozen=True)
class Cost:
    """Cost of simulations.

    Attributes:
        networks: number of networks.
        at_once: number of those that can run side by side, each on a core of its own.
        core_seconds: of one CPU core.
        shared_memory: in bytes, whatever the number of threads.
        network_memory: in bytes, of each network that runs.
        storage: in bytes, of the file that is written.
    """

    networks: int = 0
    at_once: int = 0
    core_seconds: float = 0.0
    shared_memory: float = 0.0
    network_memory: float = 0.0
    storage: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Return the cost of both in the same job, one after the other.

        Times and files add up; of memory the larger counts.
        """
        return Cost(
            self.networks + other.networks,
            max(self.at_once, other.at_once),
            self.core_seconds + other.core_seconds,
            max(self.shared_memory, other.shared_memory),
            max(self.network_memory, other.network_memory),
            self.storage + other.storage,
        )

    def repeated(self, times: float) -> Cost:
        """Return the cost of computing the same so many times, one after the other, and storing it once."""
        return replace(self, core_seconds=times * self.core_seconds)

    def memory(self, threads: int) -> float:
        """Return the memory in bytes that the job needs."""
        return PROCESS_MEMORY + self.shared_memory + min(threads, self.at_once) * self.network_memory

    def seconds(self, threads: int, gpu: bool) -> float:
        """Return the wall time in s of the job on so many threads, or on a GPU."""
        cores = CORES_OF_A_GPU if gpu else max(1, min(threads, self.at_once))
        return START + self.core_seconds / cores

    def hours(self, jobs: int, gpu: bool) -> tuple[float, float]:
        """Return core hours and GPU hours of so many jobs that take this together; a GPU spares the cores."""
        spared = self.core_seconds if gpu else 0.0
        cores = jobs * START + self.core_seconds - spared
        return cores / 3600, (jobs * START + spared / CORES_OF_A_GPU) / 3600 if gpu else 0.0


def plasticity_effort(family: PlasticityFamily) -> float:
    """Return the computing time of a plastic synapse relative to that under the pair rule in its lazy form."""
    return family.effort * (1.0 if family.lazy else EXACT_FORM)


def total(costs: Iterable[Cost]) -> Cost:
    """Return the total cost of several parts of a job."""
    return sum(costs, Cost())


@dataclass(frozen=True)
class SpikingNetwork:
    """Size of a spiking network, expected where it is random.

    Attributes:
        neurons: number of neurons.
        inputs: number of inputs.
        input_rate: mean rate of an input, in Hz.
        plastic, static: numbers of synapses.
        plastic_rate, static_rate: mean rates of their presynaptic units, in Hz.
        effort: of its rules, see `plasticity_effort`.
    """

    neurons: int
    inputs: int
    input_rate: float
    plastic: float
    plastic_rate: float
    static: float
    static_rate: float
    effort: float

    @property
    def core_seconds(self) -> float:
        """Core seconds for one biological second."""
        return (
            NEURON_STEP * self.neurons / TIME_STEP
            + INPUT_SPIKE * self.inputs * self.input_rate
            + PLASTIC_EVENT * self.plastic * self.plastic_rate * self.effort
            + STATIC_EVENT * self.static * self.static_rate
        )

    def cost(self, rules: int, trials: int, seconds: float, storage: float) -> Cost:
        """Return the cost of simulating every rule in every trial for so many biological seconds.

        Args:
            storage: bytes of the rules in the file.
        """
        networks = rules * trials
        return Cost(
            networks,
            networks,
            networks * seconds * self.core_seconds,
            # A file is put together from records and from arrays of all of them.
            trials * SYNAPSE_MEMORY * (self.plastic + self.static) + 3 * storage,
            WEIGHT_MEMORY * self.plastic,
            FILE_STORAGE + storage,
        )
