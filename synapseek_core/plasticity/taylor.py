"""The Taylor (Volterra) expansion: all rate-based rules that are polynomials of degree 2 in each local quantity.

    dw = eta * sum over a, b, c in 0, 1, 2 of theta_abc x^a y^b w^c

x is the presynaptic rate, y the postsynaptic rate, w the weight. Oja's rule is theta_110 = 1, theta_021 = -1.
Source: Confavreux et al., NeurIPS 2020.
"""

from itertools import product

import jax

from synapseek_core.plasticity.family import Parameter, RateFamily

POWERS = tuple(product(range(3), repeat=3))


def change(theta: jax.Array, pre: jax.Array, post: jax.Array, weight: jax.Array) -> jax.Array:
    """Return the weight change over eta (..., post, pre).

    Args:
        theta: (..., 27) in the order of POWERS, b and c fastest.
        pre, post: rates (..., pre) and (..., post).
        weight: (..., post, pre).
    """
    by_power = theta.reshape(*theta.shape[:-1], 1, 3, 3, 3)
    y = post[..., None, None]
    # Summed over b first: that needs the postsynaptic rate alone, not every synapse.
    of_post = by_power[..., 0, :] + y * (by_power[..., 1, :] + y * by_power[..., 2, :])
    of_weight = [
        of_post[..., a, 0, None] + weight * (of_post[..., a, 1, None] + weight * of_post[..., a, 2, None])
        for a in range(3)
    ]
    x = pre[..., None, :]
    return of_weight[0] + x * (of_weight[1] + x * of_weight[2])


TAYLOR = RateFamily(
    name="taylor",
    source="Confavreux et al., NeurIPS 2020",
    parameters=tuple(Parameter(f"theta_{a}{b}{c}", "1", f"weight change per x^{a} y^{b} w^{c}") for a, b, c in POWERS),
    change=change,
)
