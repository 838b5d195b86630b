"""Contracts of published searches, and of this project beside them."""

from __future__ import annotations

import numpy as np

from synapseek_core.files.contracts.contract import Contract, Variable

PUBLISHED_RUN = Contract(
    "published_run",
    "Published search for plasticity rules",
    {
        "distribution_mean": Variable(("generation_boundary", "coordinate"), "1", "mean of the search distribution"),
        "loss_of_mean": Variable(("generation",), "1", "loss of the mean of the search distribution, own trials"),
    },
    {
        "covariance_shape": Variable(
            ("generation", "coordinate", "coordinate_other"), "1", "covariance over step size squared, after update"
        ),
    },
    attributes=("task", "synapse_types", "neuron_model"),
)

PUBLISHED_TABLE = Contract(
    "published_table",
    "Published searches beside this project's loss of their final rules and its own searches",
    {
        "task": Variable(("run",), "1", "task of the run", "str"),
        "synapse_types": Variable(("run",), "1", "plastic synapse types of the run", "str"),
        "neuron_model": Variable(("run",), "1", "neuron model of the run", "str"),
        "study": Variable(("run",), "1", "study of the run's task, synapse types, rule and neuron; empty: none", "str"),
        "note": Variable(("run",), "1", "why there is no loss of ours, or what differs from the study", "str"),
        "protocol": Variable(("run",), "1", "protocol of the run's study; empty: no study", "str"),
        "fitted": Variable(("run",), "1", "settings that are fitted, not read off, and what they are fitted to", "str"),
        "superseded": Variable(
            ("run",),
            "1",
            "whether later runs had another protocol",
            "int8",
            {"flag_values": np.array([0, 1], np.int8), "flag_meanings": "no yes"},
        ),
        "published_start": Variable(
            ("run",), "1", "published loss of generation 0, of the rule that the search began at"
        ),
        "start_loss": Variable(("run",), "1", "loss of that rule, mean over trials; missing without a study"),
        "start_low": Variable(("run",), "1", "lower end of the bootstrap 95 % interval of that loss"),
        "start_high": Variable(("run",), "1", "upper end of the bootstrap 95 % interval of that loss"),
        "published_loss": Variable(("run", "generation"), "1", "published loss of the mean of the search distribution"),
        "published_median": Variable(("run",), "1", "median of the published losses of the last generations"),
        "published_lowest": Variable(("run",), "1", "lowest of the published losses of the last generations"),
        "published_highest": Variable(("run",), "1", "highest of the published losses of the last generations"),
        "published_reached": Variable(
            ("run",), "1", "first generation of the published search at or below the published median"
        ),
        "loss": Variable(("run",), "1", "loss of the final published rule, mean over trials; missing without a study"),
        "loss_of_trial": Variable(("run", "trial"), "1", "loss of the final published rule in one trial"),
        "interval_low": Variable(("run",), "1", "lower end of the bootstrap 95 % interval of the loss"),
        "interval_high": Variable(("run",), "1", "upper end of the bootstrap 95 % interval of the loss"),
        "stopped_trials": Variable(("run",), "1", "trials that were stopped before their end"),
        "holds": Variable(
            ("run",),
            "1",
            "whether the interval holds the published median",
            "int8",
            {"flag_values": np.array([-1, 0, 1], np.int8), "flag_meanings": "no_study no yes"},
        ),
    },
    {
        "run_of_search": Variable(("own_search",), "1", "published run from whose start the search began", "str"),
        "scale_of_search": Variable(("own_search",), "1", "scale of the search: preview or published", "str"),
        "generations_of_search": Variable(("own_search",), "1", "generations of the search", "int32"),
        "search_loss": Variable(("own_search", "generation"), "1", "loss of the mean of the search distribution"),
        "search_reached": Variable(
            ("own_search",), "1", "first generation of the search at or below the published median; missing: none"
        ),
    },
    version=2,
)
