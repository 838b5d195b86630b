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

OF_SWEEPS = (
    "tolerance_of_sweep",
    "exponent_of_sweep",
    "simulated",
    "refused_by_density",
    "refused_by_classifier",
    "accepted",
    "audited",
    "audited_within",
    "passed_within",
    "distinct_rules",
    "population_share",
    "simulated_share",
)
"""Variables of a population by the sweep."""

MEAN_FIELD = Contract(
    "mean_field",
    "Rates that rules of the prior hold in mean-field theory",
    {
        "pair_rate": Variable(("rate_pair", "population"), "Hz", "rate of the population", "float64"),
        "log_normaliser": Variable(
            ("synapse_type", "rate_pair"),
            "1",
            "logarithm of the mean agreement of rules of the prior with the rates, between 0 and 1 each",
            "float64",
        ),
        "used": Variable(("rate_pair",), "1", "whether enough rules of the prior agree with the rates", "int8"),
    },
)

POPULATION = Contract(
    "population",
    "Population of plasticity rules after a sweep of sequential Monte Carlo",
    {
        "theta": Variable(("particle", "parameter"), "1", "rule parameters, natural units", "float64"),
        "z": Variable(
            ("particle", "free_parameter"), "1", "the same as standard normal numbers of the prior", "float64"
        ),
        "source_rule": Variable(("particle",), "1", "name of the rule where it was simulated", "str"),
        "source": Variable(("particle",), "1", "number of that simulation: sweep times particles + particle", "int64"),
        "first_trial": Variable(("particle",), "1", "number of the first trial that it met", "int64"),
        "part_of_particle": Variable(("particle",), "1", "part that it belongs to; parts never mix", "int32"),
        "loss": Variable(("particle",), "1", "loss of the rule, mean over trials"),
        "violation": Variable(("particle",), "1", "violation of the constraints, mean over trials", "float64"),
        "log_density": Variable(
            ("particle",), "1", "log density of what the first rules were drawn from, over the prior's", "float64"
        ),
        "meets_all_trials": Variable(
            ("particle", "constraint"), "1", "whether the rule meets the constraint in all trials", "int8"
        ),
        "constraint_group": Variable(("constraint",), "1", "what the constraint is a part of", "str"),
        "tolerance": Variable((), "1", "highest violation that is allowed in the next sweep", "float64"),
        "exponent": Variable((), "1", "power of that density in what is sampled next; 0: the prior", "float64"),
        "finished": Variable((), "1", "whether the rules are distinct at tolerance 0 and exponent 0", "int8"),
        "log_evidence_of_part": Variable(
            ("part",), "1", "logarithm of the share of the prior within the tolerance, by the part", "float64"
        ),
        "log_evidence": Variable((), "1", "the same of all parts", "float64"),
        "log_evidence_error": Variable((), "1", "standard error of log_evidence", "float64"),
        "evidence_variance": Variable(
            (), "1", "variance of log_evidence, as if all rules of a level were independent", "float64"
        ),
        "tolerance_of_sweep": Variable(
            ("sweep",), "1", "highest violation that was allowed in the sweep; missing: any", "float64"
        ),
        "exponent_of_sweep": Variable(("sweep",), "1", "power of the density in the sweep", "float64"),
        "simulated": Variable(("sweep",), "1", "rules that were simulated", "int32"),
        "refused_by_density": Variable(("sweep",), "1", "share of the moves that the density refused, not simulated"),
        "refused_by_classifier": Variable(
            ("sweep",), "1", "share of the moves that the classifier refused, not simulated"
        ),
        "accepted": Variable(("sweep",), "1", "moves that were accepted", "int32"),
        "audited": Variable(("sweep",), "1", "moves that the classifier refused and that were simulated", "int32"),
        "audited_within": Variable(("sweep",), "1", "those of them that were within the tolerance", "int32"),
        "passed_within": Variable(("sweep",), "1", "moves within the tolerance that the classifier passed", "int32"),
        "distinct_rules": Variable(("sweep",), "1", "distinct rules of the population after the sweep", "int32"),
        "population_share": Variable(
            ("sweep", "group"), "1", "share of the population after the sweep that meets the constraints"
        ),
        "simulated_share": Variable(
            ("sweep", "group"), "1", "share of the rules simulated in the sweep that meets them; missing for none"
        ),
    },
)

LEVELS = Contract(
    "levels",
    "Populations of plasticity rules on their way to where constraints are met, and the rules that they began with",
    {
        **{
            name: replace(POPULATION.variables[name], dims=("population_of_rules", *POPULATION.variables[name].dims))
            for name in OF_SWEEPS
        },
        **{
            name: replace(POPULATION.variables[name], dims=("population_of_rules",))
            for name in ("finished", "log_evidence", "log_evidence_error")
        },
        "size": Variable(("population_of_rules",), "1", "rules of the population", "int32"),
        "origin": Variable(("rule",), "1", "population that the rule is one of the first of", "str"),
        "predicted_rate": Variable(
            ("rule", "population"),
            "Hz",
            "rate at which mean-field theory holds the rule; missing for rules of the prior",
        ),
        "simulated_rate": Variable(
            ("rule", "population"), "Hz", "rate in the scored window, mean over trials; missing if one was stopped"
        ),
        "first_rules_share": Variable(
            ("population_of_rules", "first_origin", "group"),
            "1",
            "share of the first rules of the mean-field set, and of the prior, that meets the constraints",
        ),
    },
    dimensions={
        "population_of_rules": "population of sequential Monte Carlo",
        "first_origin": "what first rules were drawn from: mean_field, prior",
    },
)

FAMILIES = Contract(
    "families",
    "All rules of all rounds, what they do, and how different the plausible ones are",
    {
        "theta": Variable(("rule", "parameter"), "1", "rule parameters, natural units", "float64"),
        "origin": Variable(("rule",), "1", "round that the rule is of", "str"),
        "rule_set": Variable(("rule",), "1", "rule set that the rule was simulated in", "str"),
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
