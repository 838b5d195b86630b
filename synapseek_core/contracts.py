"""The NetCDF contracts: dimensions, variables and units of each kind of file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from synapseek_core.engine.records import Status


@dataclass(frozen=True)
class Variable:
    """Dimensions, unit and meaning of a variable; `attributes` are further CF attributes."""

    dims: tuple[str, ...]
    units: str
    long_name: str
    dtype: str = "float32"
    attributes: Mapping[str, Any] = field(default_factory=dict)


STATUS = Variable(
    ("rule", "trial"),
    "1",
    "how the trial ended",
    "int8",
    {
        "flag_values": np.array([status.value for status in Status], np.int8),
        "flag_meanings": " ".join(status.name for status in Status),
    },
)


@dataclass(frozen=True)
class Contract:
    """One kind of file: its variables must be there with these dimensions and units; others need units and a name.

    The `optional` ones need not be there. `attributes` are global attributes that must be there.
    """

    kind: str
    title: str
    variables: Mapping[str, Variable]
    optional: Mapping[str, Variable] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()


RULES = Contract(
    "rules",
    "Plasticity rules",
    {
        "theta": Variable(("rule", "parameter"), "1", "rule parameters in the units of parameter_units", "float64"),
        "parameter_units": Variable(("parameter",), "1", "unit of each parameter", "str"),
        "keep_spikes": Variable(("rule",), "1", "whether spikes and time courses of this rule are kept", "int8"),
    },
)  # fmt: skip

SPIKING_ACTIVITY = Contract(
    "spiking_activity",
    "Activity of spiking networks under plasticity rules",
    {
        "status": STATUS,
        "stop_time": Variable(("rule", "trial"), "s", "time at which the trial ended or was stopped"),
        "duration": Variable(("trial",), "s", "planned duration of the trial"),
        "window_start": Variable(("trial", "window"), "s", "start of the scored window"),
        "window_stop": Variable(("trial", "window"), "s", "end of the scored window"),
        "rate": Variable(("rule", "trial", "population", "time"), "Hz", "population rate in the bin"),
        "filtered_rate": Variable(("rule", "trial", "time"), "Hz", "exponentially filtered excitatory rate"),
        "window_rate": Variable(("rule", "trial", "population", "window"), "Hz", "mean rate in the scored window"),
        "rate_sd": Variable(
            ("rule", "trial", "population", "window"), "Hz", "standard deviation over neurons of the rate in the window"
        ),
        "weight_mean": Variable(("rule", "trial", "synapse_type", "weight_time"), "1", "mean weight"),
        "weight_sd": Variable(("rule", "trial", "synapse_type", "weight_time"), "1", "standard deviation of weights"),
        "weight_sample": Variable(
            ("rule", "trial", "synapse_type", "weight_time", "synapse"), "1", "weights of sampled synapses"
        ),
        "final_weight_mean": Variable(
            ("rule", "trial", "synapse_type"), "1", "mean weight when the trial ended or was stopped"
        ),
        "final_weight_sd": Variable(
            ("rule", "trial", "synapse_type"), "1", "standard deviation of weights when the trial ended or was stopped"
        ),
        "weight_at_bounds": Variable(("rule", "trial", "synapse_type"), "1", "share of final weights at a bound"),
        "spike_time": Variable(("spike",), "s", "time of a recorded spike since the start of the trial"),
        "spike_neuron": Variable(("spike",), "1", "neuron id of a recorded spike", "int32"),
        "spike_rule": Variable(("spike",), "1", "position of the spike's rule in `rule`", "int32"),
        "spike_trial": Variable(("spike",), "1", "trial of the spike", "int32"),
    },
    {
        "input_spike_time": Variable(("input_spike",), "s", "time at which a spike of an input arrived"),
        "input_spike_source": Variable(("input_spike",), "1", "number of the input", "int32"),
        "input_spike_trial": Variable(("input_spike",), "1", "trial of the spike", "int32"),
    },
)  # fmt: skip

RATE_ACTIVITY = Contract(
    "rate_activity",
    "Weights of rate networks under plasticity rules",
    {
        "status": STATUS,
        "stop_step": Variable(("rule", "trial"), "1", "inputs presented when the trial ended or was stopped", "int32"),
        "feedforward": Variable(("rule", "trial", "step", "output", "input"), "1", "feedforward weights"),
        "lateral": Variable(("rule", "trial", "step", "output", "output_other"), "1", "lateral weights"),
        "component": Variable(("trial", "component", "input"), "1", "leading principal components, of length 1"),
        "component_variance": Variable(("trial", "component"), "1", "variance of the inputs along each component"),
    },
)

STREAM_ACTIVITY = Contract(
    "stream_activity",
    "Answers of networks to streams of patterns",
    {
        "status": STATUS,
        "logit": Variable(("rule", "trial", "step"), "1", "log odds, by the network, that the pattern is a repeat"),
        "repeated": Variable(("trial", "step"), "1", "whether the pattern is a repeat", "int8"),
        "hidden_new": Variable(("rule", "trial"), "1", "activity, mean over hidden units and new patterns"),
        "hidden_repeated": Variable(("rule", "trial"), "1", "activity, mean over hidden units and repeated patterns"),
        "shown_pattern": Variable(("shown_step", "input"), "1", "last patterns of the first stream", "int8"),
        "shown_hidden": Variable(("rule", "shown_step", "unit"), "1", "hidden activity while they are shown"),
    },
)

FITNESS = Contract(
    "fitness",
    "Loss and activity measures of plasticity rules",
    {
        "loss": Variable(("rule",), "1", "loss of the rule, mean over trials"),
        "loss_of_trial": Variable(("rule", "trial"), "1", "loss of the rule in one trial"),
        "status": STATUS,
    },
    {
        "meets": Variable(("rule", "trial", "constraint"), "1", "whether the activity meets the constraint", "int8"),
        "constraint_group": Variable(("constraint",), "1", "what the constraint is a part of", "str"),
    },
)

SEARCH = Contract(
    "search",
    "Generations of a search for plasticity rules",
    {
        "solution": Variable(("generation", "member", "coordinate"), "1", "candidate rules in search coordinates"),
        "loss": Variable(("generation", "member"), "1", "loss of each candidate rule"),
        "loss_of_mean": Variable(
            ("generation", "distribution"), "1", "loss of the mean of the search distribution, own trials"
        ),
        "distribution_mean": Variable(
            ("generation_boundary", "distribution", "coordinate"), "1", "mean of the search distribution"
        ),
        "search": Variable((), "1", "name of the search", "str"),
        "restart": Variable((), "1", "independent run of the search", "int32"),
    },
    {
        "covariance_shape": Variable(
            ("generation_boundary", "distribution", "coordinate", "coordinate_other"),
            "1",
            "covariance of the search distribution over step_size squared",
        ),
        "step_size": Variable(
            ("generation_boundary", "distribution"), "1", "overall standard deviation of the search distribution"
        ),
        "level": Variable(("generation_boundary",), "1", "level of the curriculum", "int32"),
        "success": Variable(("generation",), "1", "mean success at the level of the generation, own trials"),
    },
)  # fmt: skip

PUBLISHED_RUN = Contract(
    "published_run",
    "Published search for plasticity rules",
    {
        "distribution_mean": Variable(("generation_boundary", "coordinate"), "1", "mean of the search distribution"),
        "loss_of_mean": Variable(("generation",), "1", "loss of the mean of the search distribution, own trials"),
        "covariance_shape": Variable(
            ("generation", "coordinate", "coordinate_other"), "1", "covariance over step size squared, after update"
        ),
    },
    attributes=("task", "synapse_types", "neuron_model"),
)

GENERALISATION = Contract(
    "generalisation",
    "Loss of plasticity rules on what they were not trained on",
    {
        "loss": Variable(("rule", "condition"), "1", "loss of the rule, mean over trials"),
        "loss_of_trial": Variable(("rule", "condition", "trial"), "1", "loss of the rule in one trial"),
        "status": replace(STATUS, dims=("rule", "condition", "trial")),
        "task": Variable(("condition",), "1", "task of the condition", "str"),
        "solved_loss": Variable(("condition",), "1", "a rule with at most this loss solves the task"),
        "origin": Variable(("rule",), "1", "where the rule comes from", "str"),
    },
)

DEGENERACY = Contract(
    "degeneracy",
    "Degeneracy of the learned plasticity rules",
    {
        "learned_theta": Variable(("learned", "parameter"), "1", "learned rules, natural units", "float64"),
        "learned_coordinates": Variable(("learned", "coordinate"), "1", "learned rules in search coordinates"),
        "learned_loss": Variable(("learned",), "1", "loss of the learned rules on evaluation trials"),
        "search_of_learned": Variable(("learned",), "1", "name of the search that learned the rule", "str"),
        "solves": Variable(("learned",), "1", "whether the learned rule solves the task", "int8"),
        "distance": Variable(
            ("learned", "learned_other"),
            "1",
            "distance of learned rules in search coordinates; missing unless both solve the task",
        ),
        "best_rule": Variable((), "1", "learned rule with the lowest loss", "str"),
        "origin": Variable(("rule",), "1", "where the rule comes from", "str"),
        "loss": Variable(("rule",), "1", "loss of the rule on evaluation trials"),
        "distance_from_best": Variable(("rule",), "1", "distance from the best learned rule in search coordinates"),
    },
    {
        "eigenvalue": Variable(
            ("learned", "eigenvector"),
            "1",
            "eigenvalues of the covariance shape, smallest first; missing for a search without a covariance",
        ),
        "eigenvector_component": Variable(
            ("learned", "eigenvector", "coordinate"), "1", "eigenvectors of the covariance shape"
        ),
        "condition_number": Variable(("learned",), "1", "largest over smallest eigenvalue"),
        "participation_ratio": Variable(("learned",), "1", "effective number of free directions"),
        "correlation": Variable(
            ("learned", "coordinate", "coordinate_other"), "1", "correlation of parameters in the search distribution"
        ),
        "loss_along": Variable(
            ("eigenvector", "displacement"), "1", "loss along the principal axes through the rule `centre`"
        ),
        "centre": Variable((), "1", "best learned rule of the searches with a covariance", "str"),
        "function_sensitivity": Variable(("sensitivity_axis",), "1", "eigenvalues of the metric of weight changes"),
        "function_sensitivity_axis": Variable(
            ("sensitivity_axis", "coordinate"), "1", "eigenvectors of the metric of weight changes"
        ),
        "function_sensitivity_of_parameter": Variable(
            ("coordinate",), "1", "squared sensitivity of weight changes to each search coordinate"
        ),
        "effective_parameters": Variable((), "1", "participation ratio of function_sensitivity"),
    },
)

POSTERIOR = Contract(
    "posterior",
    "Posterior of plasticity rules given metrics of the activity",
    {
        "flow_weights": Variable(("flow", "flow_weight"), "1", "trained numbers of each density estimator"),
        "training_loss": Variable(("flow", "epoch"), "1", "mean negative log density of training data, nats"),
        "validation_loss": Variable(("flow", "epoch"), "1", "the same of data that decide when to stop"),
        "slope": Variable(("metric", "free_parameter"), "1", "of the linear model of the parameters", "float64"),
        "intercept": Variable(("free_parameter",), "1", "of the linear model of the parameters", "float64"),
        "metric_quantile": Variable(
            ("metric", "quantile"), "1", "quantiles of the metric over the simulations learned from", "float64"
        ),
        "target_low": Variable(("metric",), "1", "lowest target of the metric", "float64"),
        "target_high": Variable(("metric",), "1", "highest target of the metric", "float64"),
        "simulations": Variable((), "1", "simulations of the rounds before", "int32"),
        "learned_from": Variable((), "1", "those that the posterior was trained on", "int32"),
        "rank": Variable(
            ("held_out", "free_parameter"), "1", "share of draws from the posterior below the true parameter"
        ),
        "log_density_gain": Variable(
            ("held_out",), "1", "log density of the true rule under the posterior less that under the prior, in nats"
        ),
    },
    {
        "classifier_weights": Variable(("fold", "classifier_weight"), "1", "trained numbers of each classifier"),
        "classifier_threshold": Variable((), "1", "probability below which a rule is refused", "float64"),
        "classifier_groups": Variable((), "1", "number of the first groups of the target that it learned of", "int32"),
        "classifier_refused": Variable((), "1", "share of the rules without these that are refused"),
    },
)  # fmt: skip

FAMILIES = Contract(
    "families",
    "All rules of all rounds, what they do, and how different the plausible ones are",
    {
        "theta": Variable(("rule", "parameter"), "1", "rule parameters, natural units", "float64"),
        "origin": Variable(("rule",), "1", "where the rule comes from", "str"),
        "loss": Variable(("rule",), "1", "loss of the rule, mean over trials"),
        "status": STATUS,
        "meets": Variable(("rule", "trial", "constraint"), "1", "whether the activity meets the constraint", "int8"),
        "constraint_group": Variable(("constraint",), "1", "what the constraint is a part of", "str"),
        "plausible": Variable(("rule",), "1", "whether the rule meets all constraints in all trials", "int8"),
        "wanted": Variable(
            ("rule",), "1", "whether the rule meets its round's target in all trials; of the prior all do", "int8"
        ),
        "wanted_rules": Variable(("round",), "1", "number of those rules", "int32"),
        "eigenvalue": Variable(
            ("round", "principal_axis"),
            "1",
            "eigenvalues of the covariance of those rules, of which the prior's is the unit matrix; missing for fewer "
            "than two",
        ),
        "prior_eigenvalue": Variable(
            ("round", "principal_axis"), "1", "the same of as many rules of the prior, mean over draws"
        ),
        "participation_ratio": Variable(("round",), "1", "effective number of free directions of those rules"),
        "prior_participation_ratio": Variable(("round",), "1", "the same of as many rules of the prior, mean"),
        "correlation": Variable(
            ("round", "free_parameter", "free_parameter_other"), "1", "correlation of the parameters of those rules"
        ),
        "cluster_probability": Variable(
            ("round",),
            "1",
            "probability that normally distributed rules of the same covariance fall into two clusters as well",
        ),
        "distance_correlation": Variable(
            ("round",), "1", "rank correlation of the distances of those rules in parameters and in activity"
        ),
        "neighbour_distance": Variable(
            ("rule",), "1", "distance of the rule's parameters from its nearest such rule of the round"
        ),
        "neighbour_activity_distance": Variable(
            ("rule",), "1", "distance of its activity from that rule's, over the mean of all such rules of the round"
        ),
    },
    {
        "sign_share": Variable(
            ("round", "synapse_type", "sign_pattern"), "1", "share of those rules with these signs of alpha and beta"
        ),
        "theory_rejects": Variable(
            ("round", "synapse_type"), "1", "share of those rules without a stable fixed point in mean-field theory"
        ),
        "theory_rejects_any": Variable(
            ("round",), "1", "share of those rules without one in some synapse type"
        ),
        "conditional_correlation": Variable(
            ("free_parameter", "free_parameter_other"),
            "1",
            "correlation given all other parameters, in draws of the last posterior at the middle of its targets",
        ),
        "posterior_correlation": Variable(("free_parameter", "free_parameter_other"), "1", "correlation there"),
        "rank_of_round": Variable(
            ("round", "held_out", "free_parameter"), "1", "share of draws from the posterior below the true parameter"
        ),
        "log_density_gain_of_round": Variable(
            ("round", "held_out"), "1", "log density of the true rule under the posterior less that under the prior"
        ),
        "classifier_refused_of_round": Variable(
            ("round",), "1", "share of the rules without the target that the classifier refuses"
        ),
    },
)  # fmt: skip

CHALLENGES = Contract(
    "challenges",
    "The best rules when they go on for long, and when one synapse type is frozen",
    {
        "loss": Variable(("rule", "condition"), "1", "loss of the rule, mean over trials"),
        "status": replace(STATUS, dims=("rule", "condition", "trial")),
        "meets": Variable(
            ("rule", "condition", "trial", "constraint"), "1", "whether the activity meets the constraint", "int8"
        ),
        "constraint_group": Variable(("constraint",), "1", "what the constraint is a part of", "str"),
    },
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
)

BENCHMARK = Contract(
    "benchmark",
    "Table of a benchmark; its columns differ from one to the next",
    {},
)

ALL = (
    RULES,
    SPIKING_ACTIVITY,
    RATE_ACTIVITY,
    STREAM_ACTIVITY,
    FITNESS,
    SEARCH,
    PUBLISHED_RUN,
    GENERALISATION,
    DEGENERACY,
    POSTERIOR,
    FAMILIES,
    CHALLENGES,
    PUBLISHED_TABLE,
    BENCHMARK,
)
CONTRACTS = {contract.kind: contract for contract in ALL}
