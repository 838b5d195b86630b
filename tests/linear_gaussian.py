"""A problem whose posterior is known: the Gaussian linear model with a uniform prior.

    theta ~ uniform on [-1, 1]^n,   x | theta ~ normal(theta, sd^2)

Its posterior is that normal law in theta, cut at the prior's bounds.
Source: Lueckmann et al., AISTATS 2021 (ten parameters, variance 0.1).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from scipy.stats import truncnorm

from synapseek_core.inference import training
from synapseek_core.inference.rounds import fit_round, sample_round, simulations
from synapseek_core.interfaces.inference import FlowSettings, InferenceSettings, RoundSettings
from synapseek_core.interfaces.prior_box import PriorBox

SD = np.sqrt(0.1)
FOLDS = 5
TWO_SAMPLE = FlowSettings(epochs=100, learning_rate=2e-3)


def problem(parameters, count, seed):
    """Box, rules and fitness of so many simulations."""
    draw = np.random.default_rng(seed)
    names = [f"x{k}" for k in range(parameters)]
    box = PriorBox(tuple(f"p{k}" for k in range(parameters)), -np.ones(parameters), np.ones(parameters))
    theta = draw.uniform(-1, 1, (count, parameters))
    x = theta + SD * draw.standard_normal(theta.shape)
    rules = xr.Dataset({"theta": (("rule", "parameter"), theta)})
    fitness = xr.Dataset({name: (("rule", "trial"), x[:, k, None]) for k, name in enumerate(names)})
    fitness["meets"] = (("rule", "trial", "constraint"), np.zeros((count, 1, parameters), np.int8))
    fitness["constraint_group"] = ("constraint", ["observed"] * parameters)
    fitness["constraint"] = names
    return box, rules, fitness


def true_posterior(observed, count, seed):
    """(draw, parameter) of the posterior given x."""
    low, high = (-1 - observed) / SD, (1 - observed) / SD
    return truncnorm.rvs(low, high, observed, SD, (count, len(observed)), random_state=seed)


def fitted(parameters, count, flows, seed=1, observed=None, draws=0):
    """Settings, box and posterior file of a round that is asked for one x, by default 0."""
    box, rules, fitness = problem(parameters, count, seed)
    observed = np.zeros(parameters) if observed is None else observed
    plausible = {"observed": {f"x{k}": (value, value) for k, value in enumerate(observed)}}
    own = RoundSettings(target=("observed",), samples=draws)
    settings = InferenceSettings(rounds={"one": own}, flows=flows)
    learned_from = simulations(own, plausible, box, box.to_normal, [rules], [fitness])
    return settings, box, fit_round(settings, "one", seed, plausible, box, learned_from)


def inferred(parameters, count, draws, flows, seed=1):
    """The posterior file of a round that is asked for one x, that x, and rules of the round."""
    observed = np.random.default_rng(seed + 1).uniform(-0.8, 0.8, parameters)
    settings, box, posterior = fitted(parameters, count, flows, seed, observed, draws)
    return posterior, observed, sample_round(settings, "one", seed, box, box.to_normal, posterior)


def classifier_two_sample_test(one, other, seed=1):
    """Accuracy with which networks tell two sets of draws apart that they did not see; 0.5 if they are alike."""
    both = np.concatenate([one, other])
    of_one = np.arange(len(both)) < len(one)
    standard = (both - both.mean(axis=0)) / both.std(axis=0)
    draw, right = np.random.default_rng(seed), []
    folds = draw.permutation(len(both)) % FOLDS
    for fold in range(FOLDS):
        unseen = folds == fold
        network = eqx.nn.MLP(both.shape[1], "scalar", 20, 2, key=training.key_of(draw))
        arrays = standard[~unseen], of_one[~unseen]
        network, _ = training.train(TWO_SAMPLE, training.key_of(draw), network, arrays, _cross_entropy)
        of_unseen = np.asarray(jax.vmap(network)(jnp.asarray(standard[unseen], jnp.float32))) > 0
        right.append(of_unseen == of_one[unseen])
    return np.concatenate(right).mean()


def _cross_entropy(arrays, rest, draws, of_one, key):
    logits = jax.vmap(eqx.combine(arrays, rest))(draws)
    return optax.sigmoid_binary_cross_entropy(logits, of_one).mean()
