"""Contracts of rounds of inference and the rules that they found."""

from __future__ import annotations

from dataclasses import replace

from synapseek_core.files.contracts.contract import STATUS, Contract, Variable

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
        "classifier_scale": Variable(
            ("feature",), "s^-0.5", "root mean square of what is seen of a rule: roots of drifts of weights", "float64"
        ),
        "classifier_slope": Variable(
            ("metric_asked", "term"),
            "1",
            "of the log odds that a rule whose metrics before are plausible has a plausible metric too; by feature "
            "over its scale, then by product of two of these",
            "float64",
        ),
        "classifier_intercept": Variable(("metric_asked",), "1", "of the same log odds", "float64"),
        "classifier_threshold": Variable(
            (), "1", "probability that these metrics are plausible below which a rule is refused", "float64"
        ),
        "classifier_refused": Variable((), "1", "share of the rules without these plausible metrics that are refused"),
    },
)  # fmt: skip

TRAINED_FLOW = Contract(
    "trained_flow",
    "One trained density estimator of a posterior that is not finished",
    {
        "flow_weights": Variable(("flow_weight",), "1", "trained numbers"),
        "training_loss": Variable(("epoch",), "1", "mean negative log density of training data, nats"),
        "validation_loss": Variable(("epoch",), "1", "the same of data that decide when to stop"),
    },
    attributes=("origin",),
)

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
