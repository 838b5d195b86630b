"""CPU backend: one compiled time loop a network, one thread a network at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from synapseek_core.engine.forms import Form
from synapseek_core.engine.inputs import SharedSource
from synapseek_core.engine.jobs import Job, jobs_by_trial
from synapseek_core.engine.network import Network, Trial
from synapseek_core.engine.numba.simulation import Simulation
from synapseek_core.engine.numba.specialise import kernel
from synapseek_core.engine.numba.tables import settlement_interval, tables_of, with_rule
from synapseek_core.engine.records import Record, Recording
from synapseek_core.engine.start import Start, starts_by_job

SHORTEST_INTERVAL = 50
"""Time steps between two settlements below which the exact form is faster: a settlement goes through all weights."""


def simulate(
    network: Network,
    trials: Sequence[Trial],
    theta: np.ndarray,
    recording: Recording,
    threads: int,
    form: Form | None = None,
    trials_of: Sequence[Sequence[int]] | None = None,
    starts: Sequence[Sequence[Start]] | None = None,
) -> list[list[Record]]:
    """Simulate every rule in its trials; see `engine.simulate`. `form` is chosen rule by rule unless one is named."""
    forms = [form or form_of(network, rule) for rule in theta]
    compiled = {one: kernel(network.neuron, network.family, one) for one in set(forms)}
    shared = {one: [tables_of(network, trial, one) for trial in trials] for one in set(forms)}
    trials_of = trials_of or [range(len(trials))] * len(theta)
    jobs, starts_of = jobs_by_trial(trials_of), starts_by_job(network, trials, trials_of, starts)
    recording.check_saving(trials[job.trial] for job in jobs if job.rule in recording.state_rules)

    networks = Counter(job.trial for job in jobs)
    sources = [SharedSource(trial.spikes, networks[number]) for number, trial in enumerate(trials)]

    def run(job: Job) -> Record:
        rule, one, source = job.rule, forms[job.rule], sources[job.trial]
        trial = replace(trials[job.trial], spikes=source)
        tables = with_rule(network, shared[one][job.trial], theta[rule])
        record = Simulation(compiled[one], one, network, trial, tables, recording, rule, starts_of.get(job)).run()
        source.leave()
        return record

    with ThreadPoolExecutor(threads) as pool:
        records = dict(zip(jobs, pool.map(run, jobs), strict=True))
    return [[records[Job(rule, trial)] for trial in own] for rule, own in enumerate(trials_of)]


def form_of(network: Network, rule: np.ndarray) -> Form:
    """Return the form in which a rule (plastic projection, parameter) is simulated: lazy if possible and faster."""
    if not network.family.lazy or (settlement_interval(network.family, rule) < SHORTEST_INTERVAL).any():
        return "exact"
    return "lazy"
