"""Stage infer: a posterior of rules given the activity that a round is asked for, from all rounds before.

| file            | contract       | dims                    | what                                     |
|-----------------|----------------|-------------------------|------------------------------------------|
| rules_*         | rules          | rule, parameter         | of the prior and of the rounds before    |
| fitness_*       | fitness        | rule, trial, constraint | their metrics, and which constraints met |
| output          | posterior      | flow, flow_weight, ...  | density estimators and their tests       |
"""

from stage import read_input, stage, write_output

from synapseek_core.files.contracts.inference import POSTERIOR
from synapseek_core.inference.rounds import fit_round, simulations
from synapseek_core.rule_sets.origins import rounds_before

with stage(snakemake) as study:
    settings, name = study.settings, snakemake.wildcards.round
    before = rounds_before(settings, name)
    rules, fitness = (
        [read_input(snakemake, study, f"{kind}/{origin}") for origin in before] for kind in ("rules", "fitness")
    )
    own, box = settings.rounds[name], settings.prior_box
    learned_from = simulations(own, settings.plausible, box, settings.rule_features, rules, fitness)
    posterior = fit_round(settings.inference, name, settings.seed, settings.plausible, box, learned_from)
    write_output(snakemake, study, posterior, POSTERIOR)
