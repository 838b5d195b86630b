"""JAX backend: as many networks at once as a device holds, on every device, in single precision.

Families and neurons that allow it are simulated in the lazy form (see jax_lazy.py), others in the exact form. The form
depends on the rule alone, so that a result does not depend on what else is simulated.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import jax
import numpy as np

from synapseek_core.engine.forms import Form
from synapseek_core.engine.jax.batch import Batch
from synapseek_core.engine.jax.lazy import SHORTEST_POSTSYNAPTIC, SHORTEST_PRESYNAPTIC
from synapseek_core.engine.jax.memory import most_slots, ran_out_of_memory
from synapseek_core.engine.jobs import Job, jobs_by_trial
from synapseek_core.engine.network import DELAY_STEPS, Network, Trial
from synapseek_core.engine.records import Record, Recording
from synapseek_core.engine.start import Start, starts_by_job
from synapseek_core.errors import DeviceError
from synapseek_core.neurons.model import TIME_STEP

logger = logging.getLogger(__name__)


def simulate(
    network: Network,
    trials: Sequence[Trial],
    theta: np.ndarray,
    recording: Recording,
    form: Form | None = None,
    trials_of: Sequence[Sequence[int]] | None = None,
    starts: Sequence[Sequence[Start]] | None = None,
) -> list[list[Record]]:
    """Simulate every rule in its trials; see `engine.simulate`. `form` is chosen rule by rule unless one is given."""
    records: dict[Job, Record] = {}
    forms = [form or form_of(network, trials, rule) for rule in theta]
    trials_of = trials_of or [range(len(trials))] * len(theta)
    every, starts_of = jobs_by_trial(trials_of), starts_by_job(network, trials, trials_of, starts)
    recording.check_saving(trials[job.trial] for job in every if job.rule in recording.state_rules)
    for one in dict.fromkeys(forms):
        jobs = deque(job for job in every if forms[job.rule] == one)
        devices = jax.local_devices()[: len(jobs)]
        share = -(-len(jobs) // max(1, len(devices)))
        work = partial(_work, network, trials, theta, recording, one, jobs, starts_of, share)
        with ThreadPoolExecutor(max(1, len(devices))) as pool:
            for done in pool.map(work, devices):
                records |= done
    return [[records[Job(rule, trial)] for trial in own] for rule, own in enumerate(trials_of)]


def form_of(network: Network, trials: Sequence[Trial], rule: np.ndarray) -> Form:
    """Return the form in which a rule (plastic projection, parameter) is simulated.

    Lazy if the family allows it, plastic synapses start from neurons, these cannot spike twice in a block, and no
    scaled trace leaves single precision.
    """
    family = network.family
    if not family.lazy or network.neuron.dead_time < DELAY_STEPS * TIME_STEP:
        return "exact"
    if any(p.pre.start >= network.n_neurons for trial in trials[:1] for p in trial.plastic):
        return "exact"
    pre, post = family.presynaptic_time_constants(rule), family.postsynaptic_time_constants(rule)
    return "lazy" if np.all(pre >= SHORTEST_PRESYNAPTIC) and np.all(post >= SHORTEST_POSTSYNAPTIC) else "exact"


def _work(
    network: Network,
    trials: Sequence[Trial],
    theta: np.ndarray,
    recording: Recording,
    form: Form,
    jobs: deque[Job],
    starts: Mapping[Job, Start],
    share: int,
    device: jax.Device,
) -> dict[Job, Record]:
    """Take jobs until there are none; halve the number of slots when the device's memory runs out."""
    records: dict[Job, Record] = {}
    with jax.default_device(device):
        slots = min(share, most_slots(device, network, trials, recording, form))
        while jobs:
            batch = Batch(network, trials, theta, recording, form, jobs, starts, slots)
            try:
                batch.run()
            except jax.errors.JaxRuntimeError as error:
                if not ran_out_of_memory(error):
                    raise
                if slots == 1:
                    raise DeviceError(f"{device}: its memory does not hold one network of this size") from error
                jobs.extendleft(batch.unfinished())
                slots = slots // 2
                logger.warning("%s: out of memory; going on with %d networks at once", device, slots)
            records |= batch.records
            del batch  # and its arrays, before the next one takes memory
    return records
