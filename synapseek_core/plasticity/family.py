"""The form of a family of plasticity rules: named parameters, and the weight change as a plain function of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from synapseek_core.errors import ConfigurationError
from synapseek_core.plasticity.scales import SCALES, Function, Scale, ScaleName

if TYPE_CHECKING:
    import jax


@dataclass(frozen=True)
class Parameter:
    """One learnable number of a rule.

    Attributes:
        name: field-standard name, for example `tau_pre`.
        unit: UDUNITS unit.
        meaning: what it does, in words (the long_name in files).
        scale: how a search sees it, see `SCALES`; for example in its natural logarithm.
        group: name under which settings may give one value for several parameters.
    """

    name: str
    unit: str
    meaning: str
    scale: ScaleName = "linear"
    group: str = ""

    @property
    def coordinate(self) -> str:
        """Name of the parameter's search coordinate."""
        return SCALES[self.scale].prefix + self.name


@dataclass(frozen=True)
class RuleFamily:
    """A parameterised plasticity rule.

    Attributes:
        name: name in the configuration.
        source: the publication.
        parameters: what is learned, in the order of theta.
    """

    name: str
    source: str
    parameters: tuple[Parameter, ...]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of theta."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def factors(self) -> tuple[str, ...]:
        """Factors that settings may name besides the parameters; none unless a kind of family has them."""
        return ()

    def is_form_of(self, other: RuleFamily) -> bool:
        """Return whether settings of rules of the other family hold for this one: same parameters and factors."""
        return (self.parameters, self.factors) == (other.parameters, other.factors)


@dataclass(frozen=True)
class PlasticityFamily(RuleFamily):
    """A rule for spiking neurons, written once for every backend.

    Attributes:
        presynaptic_traces: trace name -> its time constant: the name of a parameter, or a number in s. A trace jumps
            by 1 at a spike's arrival and decays exponentially.
        postsynaptic_traces: likewise for the postsynaptic neuron's spikes.
        on_pre: weight change, over the learning rate, when a presynaptic spike arrives. Its arguments are named:
            any of `weight`, the traces, the postsynaptic state, the parameters.
        on_post: the same at a postsynaptic spike.
        postsynaptic_state: state variables of the postsynaptic neuron that the rule reads -> their values at rest.
            They are read after the neuron's step, before the spikes of that step arrive.
        held: clamped factors, which the rule does not see -> the values given to it in their place (a knock-out).
        lazy: whether changes at postsynaptic spikes may wait for the next presynaptic arrival, which is several times
            faster: there is one presynaptic trace, `on_post` is affine in it and does not read the weight, and no
            postsynaptic state is read. `tests/test_lazy_families.py` checks it of every registered family.
        effort: how much longer a weight change takes than that of the pair rule, for plans of cost; measured by
            `benchmarks/flexible_rules.py`.

    An event does not see its own increment in a trace, and the engine clips the weight to [0, maximum] after each
    change.
    """

    presynaptic_traces: Mapping[str, str | float]
    postsynaptic_traces: Mapping[str, str | float]
    on_pre: Callable[..., float]
    on_post: Callable[..., float]
    postsynaptic_state: Mapping[str, float] = field(default_factory=dict)
    held: Mapping[str, float] = field(default_factory=dict)
    lazy: bool = False
    effort: float = 1.0

    def __post_init__(self) -> None:
        known = {*self.factors, *self.parameter_names}
        for function in (self.on_pre, self.on_post):
            if unknown := set(inspect.signature(function).parameters) - known:
                raise ConfigurationError(
                    f"plasticity family {self.name!r}: {function.__name__} asks for {sorted(unknown)}; "
                    f"known factors are {sorted(known)}"
                )
        for tau in (*self.presynaptic_traces.values(), *self.postsynaptic_traces.values()):
            if isinstance(tau, str) and tau not in self.parameter_names:
                raise ConfigurationError(
                    f"plasticity family {self.name!r}: no parameter {tau!r} for the time constant of a trace"
                )
        reads_weight = "weight" in inspect.signature(self.on_post).parameters
        if self.lazy and (len(self.presynaptic_traces) != 1 or reads_weight or self.postsynaptic_state):
            raise ConfigurationError(
                f"plasticity family {self.name!r}: a lazy one has one presynaptic trace, reads no postsynaptic state, "
                "and its on_post does not read the weight"
            )

    @property
    def factors(self) -> tuple[str, ...]:
        """Factors that a rule of the family may read besides its parameters."""
        return ("weight", *self.presynaptic_traces, *self.postsynaptic_traces, *self.postsynaptic_state)

    @property
    def fixed_time_constants(self) -> dict[str, float]:
        """Traces whose time constant is no parameter -> it, in s."""
        traces = {**self.presynaptic_traces, **self.postsynaptic_traces}
        return {name: tau for name, tau in traces.items() if not isinstance(tau, str)}

    def with_time_constants(self, time_constants: Mapping[str, float]) -> PlasticityFamily:
        """Return the family with other fixed time constants (s) of some traces."""
        sides = [
            {name: time_constants.get(name, tau) for name, tau in traces.items()}
            for traces in (self.presynaptic_traces, self.postsynaptic_traces)
        ]
        return replace(self, presynaptic_traces=sides[0], postsynaptic_traces=sides[1])

    def presynaptic_time_constants(self, theta: np.ndarray) -> np.ndarray:
        """Return the time constants (..., trace) in s of the presynaptic traces, for theta (..., parameter)."""
        return self._time_constants(self.presynaptic_traces, theta)

    def postsynaptic_time_constants(self, theta: np.ndarray) -> np.ndarray:
        """Return the time constants (..., trace) in s of the postsynaptic traces, for theta (..., parameter)."""
        return self._time_constants(self.postsynaptic_traces, theta)

    def _time_constants(self, traces: Mapping[str, str | float], theta: np.ndarray) -> np.ndarray:
        theta, names = np.asarray(theta), self.parameter_names
        columns = [
            theta[..., names.index(tau)] if isinstance(tau, str) else np.full(theta.shape[:-1], tau, theta.dtype)
            for tau in traces.values()
        ]
        return np.stack(columns, axis=-1) if columns else np.empty((*theta.shape[:-1], 0), theta.dtype)


@dataclass(frozen=True)
class RateFamily(RuleFamily):
    """A rule for rate neurons.

    Attributes:
        change: weight change over the learning rate, as a differentiable JAX function of theta (..., parameter),
            presynaptic rates (..., pre), postsynaptic rates (..., post) and weights (..., post, pre).
    """

    change: Callable[[jax.Array, jax.Array, jax.Array, jax.Array], jax.Array]


@dataclass(frozen=True)
class RuleSpace:
    """The space of rules of one study: a family on each of its plastic synapse types.

    theta is the concatenation over `synapse_types` of the family's parameters, in natural units; `coordinates` are the
    same numbers as a search sees them (time constants in their logarithm).
    """

    family: RuleFamily
    synapse_types: tuple[str, ...]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters, one for each element of theta."""
        return tuple(parameter for _ in self.synapse_types for parameter in self.family.parameters)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the elements of theta, for example `IE.tau_pre`."""
        return tuple(f"{kind}.{p.name}" for kind in self.synapse_types for p in self.family.parameters)

    @cached_property
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of the search coordinates, for example `IE.log_tau_pre`."""
        return tuple(f"{kind}.{p.coordinate}" for kind in self.synapse_types for p in self.family.parameters)

    @cached_property
    def linear(self) -> np.ndarray:
        """Mask (parameter,) of the parameters whose search coordinate is the parameter itself."""
        return np.array([parameter.scale == "linear" for parameter in self.parameters])

    @cached_property
    def columns(self) -> dict[Scale, np.ndarray]:
        """Positions of the parameters of each scale."""
        scales = np.array([parameter.scale for parameter in self.parameters])
        return {SCALES[name]: np.flatnonzero(scales == name) for name in np.unique(scales)}

    def to_coordinates(self, theta: np.ndarray) -> np.ndarray:
        """Return the search coordinates of theta; last axis: parameter."""
        return self._mapped(theta, lambda scale: scale.to_coordinate)

    def from_coordinates(self, coordinates: np.ndarray) -> np.ndarray:
        """Return theta for search coordinates; last axis: parameter. Overflow gives inf, which the engine reports."""
        with np.errstate(over="ignore"):
            return self._mapped(coordinates, lambda scale: scale.from_coordinate)

    def slopes(self, theta: np.ndarray) -> np.ndarray:
        """Return d theta / d coordinate at theta; last axis: parameter."""
        return self._mapped(theta, lambda scale: scale.slope)

    def _mapped(self, values: np.ndarray, function_of: Callable[[Scale], Function]) -> np.ndarray:
        mapped = np.array(values, np.float64)
        for scale, columns in self.columns.items():
            mapped[..., columns] = function_of(scale)(mapped[..., columns])
        return mapped

    def by_synapse_type(self, theta: np.ndarray) -> np.ndarray:
        """Return theta (..., parameter) as (..., synapse_type, parameter of the family)."""
        return np.reshape(theta, (*np.shape(theta)[:-1], len(self.synapse_types), len(self.family.parameters)))

    def as_simulated(self, theta: np.ndarray) -> np.ndarray:
        """Return theta by synapse type in the precision of simulations: single, infinite beyond its range."""
        with np.errstate(over="ignore"):
            return self.by_synapse_type(np.asarray(theta)).astype(np.float32)

    def expand(self, values: Mapping[str, object], key: str) -> list:
        """Return one value per element of theta from a mapping by type and name, by name, or by type.

        `IE.tau_pre` goes before `tau_pre`, that before the name of a group of parameters, and that before `IE`, which
        holds for all parameters of the type.

        Raises:
            ConfigurationError: a name that is no parameter, or a parameter without a value; `key` names the setting.
        """
        self._check_known(values, key)
        expanded = []
        for full, parameter in zip(self.names, self.parameters, strict=True):
            asked = (full, parameter.name, parameter.group, full.partition(".")[0])
            found = [name for name in asked if name in values]
            if not found:
                raise ConfigurationError(f"{key}: no value for the parameter {parameter.name!r}")
            expanded.append(values[found[0]])
        return expanded

    def _check_known(self, values: Mapping[str, object], key: str) -> None:
        parameters, kinds = self.family.parameters, self.synapse_types
        groups = tuple(dict.fromkeys(p.group for p in parameters if p.group))
        known = {*self.names, *self.family.parameter_names, *groups, *kinds}
        for name in values:
            if name not in known:
                # Of parameters in groups, which may be thousands, only the groups.
                single = [p.name for p in parameters if not p.group]
                allowed = (*single, *groups, *(f"{kind}.{one}" for kind in kinds for one in single), *kinds)
                raise ConfigurationError(
                    f"{key}: {name!r} is no parameter of the {self.family.name} rule on {', '.join(kinds)}; "
                    f"allowed: {', '.join(allowed)}"
                )

    def check(self, names: Sequence[str], where: str) -> None:
        """Refuse a rule table whose parameters are not this space's.

        Raises:
            ConfigurationError: with the expected and the found names.
        """
        if tuple(names) != self.names:
            raise ConfigurationError(
                f"{where}: its parameters are {_listed(names)}; the {self.family.name} rule on "
                f"{', '.join(self.synapse_types)} has {_listed(self.names)}"
            )


def _listed(names: Sequence[str], most: int = 30) -> str:
    """Return names in a line; of many names only the first."""
    more = f", ... ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(names[:most]) + more
