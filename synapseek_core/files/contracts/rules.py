"""Contracts of rules, their scores, and the searches that they were learned in."""

from __future__ import annotations

from dataclasses import replace

from synapseek_core.files.contracts.contract import STATUS, Contract, Variable

RULES = Contract(
    "rules",
    "Plasticity rules",
    {
        "theta": Variable(("rule", "parameter"), "1", "rule parameters in the units of parameter_units", "float64"),
        "parameter_units": Variable(("parameter",), "1", "unit of each parameter", "str"),
        "keep_spikes": Variable(("rule",), "1", "whether spikes and time courses of this rule are kept", "int8"),
        "first_trial": Variable(
            ("rule",), "1", "number of the first trial that a rule meets, where each meets its own", "int64"
        ),
    },
    {
        "input_rate": Variable(("rule",), "Hz", "background rate of the inputs that the rule meets"),
        "predicted_rate": Variable(
            ("rule", "population"),
            "Hz",
            "rate at which mean-field theory holds the rule; missing for rules of the prior",
        ),
        "log_density": Variable(
            ("rule",),
            "1",
            "log density of the rule in what the first rules were drawn from, over the prior's",
            "float64",
        ),
        "particle": Variable(("rule",), "1", "number of the rule of the population that would move here", "int32"),
        "first_look": Variable(("rule",), "1", "probability with which a move here was simulated", "float64"),
        "correction": Variable(
            ("rule",), "1", "first_look of the rule that would move over that of this one", "float64"
        ),
        "refused_by_density": Variable((), "1", "share of the moves that the density refused, not simulated"),
        "refused_by_classifier": Variable((), "1", "share of the moves that the classifier refused, not simulated"),
    },
    version=2,
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
        "simulated_share": Variable(("rule", "trial"), "1", "share of the planned duration that was simulated"),
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
        "population_size": Variable(
            ("generation",), "1", "rules in the population that the generation scores a part of", "int32"
        ),
        "attempt": Variable(("generation",), "1", "how often the run has started again before", "int32"),
        "learned_mean": Variable(("distribution", "coordinate"), "1", "best mean of all attempts so far"),
        "learned_covariance_shape": Variable(
            ("distribution", "coordinate", "coordinate_other"), "1", "covariance_shape at that mean"
        ),
        "learned_step_size": Variable(("distribution",), "1", "step_size at that mean"),
    },
)  # fmt: skip

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
        "search_of_rule": Variable(("rule",), "1", "search that the rule belongs to; empty for rules of none", "str"),
        "restart_of_rule": Variable(("rule",), "1", "restart that learned the rule, -1 for others", "int32"),
        "particle_of_rule": Variable(("rule",), "1", "search distribution of the run, -1 for others", "int32"),
    },
    version=2,
)

DEGENERACY = Contract(
    "degeneracy",
    "Degeneracy of the learned plasticity rules",
    {
        "learned_theta": Variable(("learned", "parameter"), "1", "learned rules, natural units", "float64"),
        "learned_coordinates": Variable(("learned", "coordinate"), "1", "learned rules in search coordinates"),
        "learned_loss": Variable(("learned",), "1", "loss of the learned rules on evaluation trials"),
        "search_of_learned": Variable(("learned",), "1", "name of the search that learned the rule", "str"),
        "restart_of_learned": Variable(("learned",), "1", "restart of the search that learned the rule", "int32"),
        "particle_of_learned": Variable(
            ("learned",), "1", "search distribution of the run that learned the rule", "int32"
        ),
        "solves": Variable(("learned",), "1", "whether the learned rule solves the task", "int8"),
        "distance": Variable(
            ("learned", "learned_other"),
            "1",
            "distance of learned rules in search coordinates; missing unless both solve the task",
        ),
        "best_rule": Variable((), "1", "learned rule with the lowest loss", "str"),
        "origin": Variable(("rule",), "1", "where the rule comes from", "str"),
        "name_in_origin": Variable(("rule",), "1", "name of the rule there", "str"),
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
    version=2,
)
