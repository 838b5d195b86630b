"""The work of a simulation: rules in trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Job(NamedTuple):
    """One rule in one trial, by their positions."""

    rule: int
    trial: int


def jobs_by_trial(trials_of: Sequence[Sequence[int]]) -> list[Job]:
    """Return all jobs of rules with these trials, one trial after the other, so that those run together share most."""
    jobs = (Job(rule, trial) for rule, own in enumerate(trials_of) for trial in own)
    return sorted(jobs, key=lambda job: (job.trial, job.rule))
