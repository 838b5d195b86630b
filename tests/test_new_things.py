"""What CONTRIBUTING's "Where things go" promises: each is one new file and one line; nothing finished runs again."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tiny_workflow import ROOT

from synapseek_core.pipeline.graph import FORMATS
from synapseek_core.status import Status

RULE = '''
"""Additive potentiation and multiplicative depression, which keep weights from running to their bounds.

    at a presynaptic spike   dw = -a_minus w x_post
    at a postsynaptic spike  dw =  a_plus x_pre

x_pre and x_post are spike traces with time constants tau_pre and tau_post.
Source: van Rossum, Bi and Turrigiano, J Neurosci 20:8812, 2000.
"""

from synapseek_core.plasticity.family import Parameter, PlasticityFamily


def on_pre(weight, postsynaptic_trace, a_minus):
    """Weight change over eta at a presynaptic arrival."""
    return -a_minus * weight * postsynaptic_trace


def on_post(presynaptic_trace, a_plus):
    """Weight change over eta at a postsynaptic spike."""
    return a_plus * presynaptic_trace


VAN_ROSSUM = PlasticityFamily(
    name="van_rossum",
    source="van Rossum et al., J Neurosci 20:8812, 2000",
    parameters=(
        Parameter("tau_pre", "s", "time constant of the presynaptic trace", "log"),
        Parameter("tau_post", "s", "time constant of the postsynaptic trace", "log"),
        Parameter("a_plus", "1", "potentiation by a pair"),
        Parameter("a_minus", "1", "depression by a pair, as a share of the weight"),
    ),
    presynaptic_traces={"presynaptic_trace": "tau_pre"},
    postsynaptic_traces={"postsynaptic_trace": "tau_post"},
    on_pre=on_pre,
    on_post=on_post,
    lazy=True,
)
'''

NEURON = '''
"""EIF: exponential integrate-and-fire neuron with AMPA and GABA conductances and an absolute refractory period.

    tau_mem dv/dt = (e_rest - v) + slope exp((v - threshold) / slope) - g_ampa (v - 0) - g_gaba (v - e_gaba)

A spike at v > peak resets v to e_rest. Forward Euler.
Source: Fourcaud-Trocmé et al., J Neurosci 23:11628, 2003.
"""

from __future__ import annotations

from typing import Literal

from synapseek_core.arithmetic import exp, maximum, select
from synapseek_core.neurons.base import NeuronBase
from synapseek_core.neurons.model import TIME_STEP, NeuronModel, decay
from synapseek_core.quantities import CHOICE, quantity


class EIFSettings(NeuronBase):
    """Constants of the EIF neuron."""

    model: Literal["eif"] = "eif"
    e_rest: float = quantity(-0.060, "V", "resting and reset potential", CHOICE)
    threshold: float = quantity(-0.050, "V", "potential at which the upswing begins", CHOICE)
    slope: float = quantity(0.001, "V", "width of the upswing", CHOICE, gt=0)
    peak: float = quantity(-0.040, "V", "potential at which a spike is counted", CHOICE)
    e_gaba: float = quantity(-0.080, "V", "reversal potential of inhibition", CHOICE)
    tau_mem: float = quantity(0.020, "s", "membrane time constant", CHOICE, gt=0)
    tau_ampa: float = quantity(0.005, "s", "decay time constant of the AMPA conductance", CHOICE, gt=0)
    tau_gaba: float = quantity(0.010, "s", "decay time constant of the GABA conductance", CHOICE, gt=0)
    refractory_period: float = quantity(0.002, "s", "absolute refractory period", CHOICE, ge=0)

    def build(self) -> NeuronModel:
        """The neuron model with these constants."""
        return NeuronModel(
            name="eif",
            source="Fourcaud-Trocmé et al. 2003",
            initial_state={"v": self.e_rest, "g_ampa": 0.0, "g_gaba": 0.0, "refractory": 0.0},
            constants={
                "e_rest": self.e_rest,
                "threshold": self.threshold,
                "slope": self.slope,
                "peak": self.peak,
                "e_gaba": self.e_gaba,
                "membrane_step": TIME_STEP / self.tau_mem,
                "ampa_decay": decay(self.tau_ampa),
                "gaba_decay": decay(self.tau_gaba),
                "refractory_steps": round(self.refractory_period / TIME_STEP),
            },
            advance=advance,
            dead_time=self.refractory_period,
        )


def advance(
    v,
    g_ampa,
    g_gaba,
    refractory,
    e_rest,
    threshold,
    slope,
    peak,
    e_gaba,
    membrane_step,
    ampa_decay,
    gaba_decay,
    refractory_steps,
):
    """One time step: potentials in V, conductances in leak conductances, `refractory` counts steps to go."""
    upswing = slope * exp((v - threshold) / slope)
    current = (e_rest - v) + upswing - g_ampa * v - g_gaba * (v - e_gaba)
    v = select(refractory <= 0, v + membrane_step * current, e_rest)
    spike = v > peak
    v = select(spike, e_rest, v)
    refractory = select(spike, refractory_steps, maximum(refractory - 1, 0))
    return v, g_ampa * ampa_decay, g_gaba * gaba_decay, refractory, spike
'''

METRIC = '''
"""Synchrony (Golomb and Rinzel, Physica D 72:259, 1994)."""

from __future__ import annotations

import numpy as np

from synapseek_core.measures.metric import MEDIUM_BIN, Metric, NetworkActivity


def synchrony(activity: NetworkActivity) -> float:
    """Variance over bins of 10 ms of the mean count, over the neurons' mean variance: 1 in step; 0 if all are silent.

    Of excitatory neurons; as a square root.
    """
    counts = activity.excitatory.counts(MEDIUM_BIN)
    single = counts.var(axis=1).mean()
    return float(np.sqrt(counts.mean(axis=0).var() / single)) if single > 0 else 0.0


SYNCHRONY = Metric("synchrony", "1", "how far excitatory neurons are in step", synchrony)
'''

FIGURE = '''
"""Figure: the loss of the rules that are drawn from the prior."""

from __future__ import annotations

from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt

from synapseek_core.figures.figure import LEARNED_COLOURS, SINGLE_COLUMN, Figure
from synapseek_core.pipeline import results

SHOWN = results.fitness_of("prior")


def plot(settings: Any, data: results.Data) -> matplotlib.figure.Figure:
    """One point a rule, in the order in which they were drawn; dotted: the loss of a solution."""
    loss = data[SHOWN]["loss"]
    figure, axes = plt.subplots(figsize=(SINGLE_COLUMN, 2.2))
    axes.plot(range(1, loss.size + 1), loss, "o", color=LEARNED_COLOURS[0], ms=2)
    axes.axhline(settings.degeneracy.solved_loss, color="0.6", lw=0.6, ls=":")
    axes.set(xlabel="Rules drawn", ylabel="Loss")
    return figure


CAPTION = "Loss of rules drawn from the prior, in order. Dotted: the loss at which a rule solves the task."

FIGURE = Figure((SHOWN,), plot, CAPTION)
'''

ANALYSIS = '''
"""What random search would find: the lowest loss among the first rules of the prior."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from synapseek_core.files.contracts.contract import Contract, Variable
from synapseek_core.interfaces.analysis import Analysis
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import Data, Need, fitness_of
from synapseek_core.runtime import Compute

RANDOM_SEARCH = Contract(
    "random_search",
    "Lowest loss of rules drawn from the prior",
    {"loss": Variable(("drawn",), "1", "lowest loss of the rules so far")},
    dimensions={"drawn": "rule of the prior, in order"},
)


def _needs(study: Study) -> tuple[Need, ...]:
    return (fitness_of("prior"),)


def _settings(study: Study) -> dict[str, Any]:
    return study.settings.scored("prior")


def _run(study: Study, data: Data, compute: Compute) -> xr.Dataset:
    return xr.Dataset({"loss": ("drawn", np.minimum.accumulate(data[fitness_of("prior")]["loss"].values))})


ANALYSIS = Analysis(RANDOM_SEARCH, _needs, _run, _settings)
'''

RULE_SET = '''
"""The rule in the middle of the prior box."""

from __future__ import annotations

import xarray as xr

from synapseek_core.interfaces.settings import StudySettings
from synapseek_core.pipeline.results import Data
from synapseek_core.rule_sets.rule_set import RuleSet, rules


def _sample(settings: StudySettings, data: Data) -> xr.Dataset:
    box = settings.prior_box
    return rules(settings.rule_space, (box.low + box.high)[None] / 2, ["centre"], [True])


RULE_SET = RuleSet(_sample, lambda settings: 1, lambda settings: 1, sections=("prior",))
'''

TASK = '''
"""A battery of tests of rules that holds none yet: what a new kind of study needs, and no more.

A rule's response is its parameters, and in each trial a random number is added to them. Its loss is their mean squared
distance from what is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import xarray as xr
from pydantic import Field

from synapseek_core.files.contracts.contract import STATUS, Contract, Variable
from synapseek_core.interfaces.costs import VALUE_STORAGE, Cost
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.settings import EvaluationSettings, PlasticitySettings, PriorSettings, StudySettings
from synapseek_core.interfaces.study import StudyDefinition
from synapseek_core.interfaces.task import Simulator, TaskPlaces
from synapseek_core.plasticity.family import RuleFamily
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.quantities import CHOICE, Settings, quantity
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.status import Status

BATTERY_ACTIVITY = Contract(
    "battery_activity",
    "Responses of rules to a battery of tests",
    {"status": STATUS, "response": Variable(("rule", "trial", "parameter"), "1", "response of the rule")},
)


class BatteryPlasticity(PlasticitySettings):
    """Any rule for spiking neurons, on one synapse type."""

    families: ClassVar[Mapping[str, RuleFamily]] = SPIKING_FAMILIES
    types: ClassVar[tuple[str, ...]] = ("IE",)


class BatteryProtocol(Settings):
    """The tests."""

    noise: float = quantity(0.1, "1", "standard deviation of what a trial adds", CHOICE, ge=0)
    wanted: float = quantity(0.0, "1", "wanted response", CHOICE)


class BatteryStudy(StudySettings):
    """Settings of a study on the battery."""

    scored_keys: ClassVar[Mapping[str, frozenset[str]]] = {"protocol": frozenset({"wanted"})}

    plasticity: BatteryPlasticity = Field(default_factory=BatteryPlasticity)
    protocol: BatteryProtocol = Field(default_factory=BatteryProtocol)

    @property
    def task_sections(self) -> tuple[str, ...]:
        """Sections that a simulation depends on."""
        return ("protocol",)


class BatterySimulator(Simulator[BatteryStudy]):
    """Lets rules respond."""

    contract: ClassVar[Contract] = BATTERY_ACTIVITY

    def simulate(self, rules: RuleTable, trials: Trials, compute: Compute) -> xr.Dataset:
        """Return the response of every rule in every trial; see `Simulator.simulate`."""
        drawn = np.array([trials.generator(trial, "noise").normal() for trial in range(trials.count)])
        response = rules.theta[:, None] + self.settings.protocol.noise * drawn[:, None]
        finite = np.isfinite(response).all(-1)
        return xr.Dataset(
            {
                "status": (("rule", "trial"), np.where(finite, Status.ok, Status.non_finite)),
                "response": (("rule", "trial", "parameter"), response),
            },
            coords={"rule": list(rules.names), "parameter": list(self.settings.rule_space.names)},
        )

    def cost(self, rules: int, trials: int, kept: int = 0) -> Cost:
        """Return what it takes; see `Simulator.cost`."""
        storage = VALUE_STORAGE * rules * trials * len(self.settings.rule_space.names)
        return Cost(rules * trials, 1, 1e-6 * rules * trials, storage=storage)


def score(settings: BatteryStudy, activity: xr.Dataset) -> xr.Dataset:
    """Return the loss of every rule; one that is no number costs most."""
    distance = ((activity["response"] - settings.protocol.wanted) ** 2).mean("parameter")
    loss = distance.where(activity["status"] == Status.ok, 1e6).clip(max=1e6)
    return xr.Dataset({"loss": loss.mean("trial"), "loss_of_trial": loss, "status": activity["status"]})


PLACES = TaskPlaces("battery", simulator="tasks.battery:BatterySimulator", score="tasks.battery:score")

BATTERY = StudyDefinition(
    BatteryStudy(
        prior=PriorSettings(bounds={"tau_pre": (0.01, 0.1), "tau_post": (0.01, 0.1), "IE": (-2.0, 2.0)}, samples=20),
        evaluation=EvaluationSettings(trials=3),
    ),
    PLACES,
    ("prior_losses",),
)
'''

COMPARISON = '''
"""Figure across studies: the losses of the rules that are drawn from the prior."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from synapseek_core.figures.comparison.comparison import Comparison, StudyResults
from synapseek_core.figures.figure import SINGLE_COLUMN
from synapseek_core.interfaces.study import Study
from synapseek_core.pipeline.results import fitness_of
from synapseek_core.tasks.battery import BatteryStudy


def plot(results: Sequence[StudyResults]) -> matplotlib.figure.Figure:
    """One curve a study: the share of the rules with at most this loss."""
    figure, axes = plt.subplots(figsize=(SINGLE_COLUMN, 2.2))
    for one in results:
        loss = np.sort(one.data[fitness_of("prior")]["loss"].values)
        axes.step(loss, np.arange(1, len(loss) + 1) / len(loss), where="post", label=one.study.name)
    axes.set(xlabel="Loss", ylabel="Share of the rules")
    axes.legend()
    return figure


def _is_of(study: Study) -> bool:
    return isinstance(study.settings, BatteryStudy)


COMPARISON = Comparison(_is_of, (fitness_of("prior"),), plot, "Share of the prior's rules with at most this loss.")
'''

PART = '''
"""How rare solutions are."""

from __future__ import annotations

import xarray as xr

from synapseek_core.analysis.parts.part import Part, Tables
from synapseek_core.interfaces.study import Study
from synapseek_core.runtime import Compute


def _run(study: Study, rules: Tables, fitness: Tables, compute: Compute) -> xr.Dataset:
    solved = fitness["prior"]["loss"] <= study.settings.degeneracy.solved_loss
    attributes = {"units": "1", "long_name": "share of the prior's rules that solve the task"}
    return xr.Dataset({"solved_share": ((), float(solved.mean()), attributes)})


PART = Part(_run)
'''

NETWORK = '''
"""A decaying matrix of the patterns that were seen, asked how well it knows the present one.

    logit_t = slope (x_t^T A_t x_t / d - threshold),   A_t+1 = lambda A_t + x_t x_t^T / d,   A_0 = 0

A pattern of d elements that was seen k steps ago adds about lambda^(k - 1) to what is compared with the threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from synapseek_core.quantities import CHOICE
from synapseek_core.streams.network import Block, Response, StreamNetwork


@dataclass(frozen=True)
class MatrixMemory(StreamNetwork):
    """The decaying matrix; its hidden units are those of A x, as many as inputs."""

    name: ClassVar[str] = "matrix_memory"
    source: ClassVar[str] = CHOICE

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What is learned; see `StreamNetwork`."""
        return (
            Block("lambda", "share of the matrix that a step leaves", (), "logit"),
            Block("threshold", "familiarity above which a pattern counts as a repeat"),
            Block("slope", "slope of the log odds", (), "log"),
        )

    def respond(self, theta: jax.Array, patterns: jax.Array, key: jax.Array) -> Response:
        """The network's answers to one stream; see `StreamNetwork`. It draws nothing."""
        block = self.split(theta)

        def step(memory: jax.Array, x: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            hidden = memory @ x
            return block["lambda"] * memory + jnp.outer(x, x) / self.inputs, (hidden @ x / self.inputs, hidden)

        _, (familiarity, hidden) = jax.lax.scan(step, jnp.zeros((self.inputs, self.inputs)), patterns)
        return Response(block["slope"] * (familiarity - block["threshold"]), hidden)
'''

STUDY = '''
"""The battery, with another wanted response."""

from synapseek_core.interfaces.study import StudyDefinition
from synapseek_core.tasks.battery import BATTERY, PLACES, BatteryProtocol

BATTERY_OF_ONES = StudyDefinition(
    BATTERY.settings.model_copy(update={"protocol": BatteryProtocol(wanted=1.0)}), PLACES, ("prior_losses",)
)
'''


@dataclass(frozen=True)
class Thing:
    """A new file with its text, and where it is named: a file, its line, and what stands there then.

    `place` is empty for what is named nowhere.
    """

    file: str
    text: str
    place: str = ""
    line: str = ""
    named: str = ""

    @classmethod
    def registered(cls, file: str, text: str, registry: str, last: str, new: str) -> Thing:
        """One that is a new entry, after the last one of a registry."""
        return cls(file, text, registry, last, f"{last}\n        {new}")


THINGS = {
    "plasticity rule": Thing.registered(
        "plasticity/van_rossum.py",
        RULE,
        "plasticity/registry.py",
        '"mlp": "plasticity.mlp:MLP",',
        '"van_rossum": "plasticity.van_rossum:VAN_ROSSUM",',
    ),
    "neuron model": Thing.registered(
        "neurons/eif.py",
        NEURON,
        "neurons/registry.py",
        '"cvaif": "neurons.cvaif:CVAIFSettings",',
        '"eif": "neurons.eif:EIFSettings",',
    ),
    "network on streams": Thing.registered(
        "streams/matrix_memory.py",
        NETWORK,
        "streams/registry.py",
        '"bogacz_brown": "streams.bogacz_brown:BogaczBrown",',
        '"matrix_memory": "streams.matrix_memory:MatrixMemory",',
    ),
    "metric": Thing.registered(
        "measures/synchrony.py",
        METRIC,
        "measures/registry.py",
        '"wiif": "measures.weights:II_WEIGHT",',
        '"synchrony": "measures.synchrony:SYNCHRONY",',
    ),
    "figure": Thing(
        "figures/prior_losses.py",
        FIGURE,
        "studies/oja.py",
        '("rate_learning", "sensitivity"),',
        '("rate_learning", "sensitivity", "prior_losses"),',
    ),
    "analysis": Thing(
        "analysis/random_search.py",
        ANALYSIS,
        "figures/prior_losses.py",
        'SHOWN = results.fitness_of("prior")',
        'SHOWN = results.analysis_of("random_search")',
    ),
    "part": Thing(
        "analysis/parts/solved_share.py",
        PART,
        "studies/stability.py",
        '("mean_field_rate", "rule_function"),',
        '("mean_field_rate", "rule_function", "solved_share"),',
    ),
    "rule set": Thing.registered(
        "rule_sets/centre.py",
        RULE_SET,
        "rule_sets/registry.py",
        '"manifold": "rule_sets.manifold:RULE_SET",',
        '"centre": "rule_sets.centre:RULE_SET",',
    ),
    "task": Thing.registered(
        "tasks/battery.py",
        TASK,
        "studies/registry.py",
        '"tuned_inhibition": "studies.tuned_inhibition:TUNED_INHIBITION",',
        '"battery": "tasks.battery:BATTERY",',
    ),
    "study": Thing.registered(
        "studies/battery_of_ones.py",
        STUDY,
        "studies/registry.py",
        '"battery": "tasks.battery:BATTERY",',
        '"battery_of_ones": "studies.battery_of_ones:BATTERY_OF_ONES",',
    ),
    "figure across studies": Thing("figures/comparison/prior_losses.py", COMPARISON),
}
"""In the order in which they are added: some are used by later ones."""

DUE = """
import json
import synapseek_core as ss
from synapseek_core.interfaces.setup import Setup
from synapseek_core.pipeline.graph import Graph

due = {}
for name in ("stability_IE", "oja", "families_polynomial"):
    graph = Graph(Setup({name: ss.load_study(name)}))
    for result in graph.all_before(graph.figures()):
        stage, inputs = graph.stage(result), graph.inputs(result).values()
        made_from = [needed.path for needs in inputs for needed in needs]
        due[result.path] = [stage.digest(result), stage.settings(result), made_from]
print(json.dumps(due))
"""
"""Prints of every result of finished studies what makes it due: the digest of the code, the settings, the inputs."""

USE = """
import traceback

SMALL = {
    "network": {"neuron": {"model": "eif"}, "excitatory": 80, "inhibitory": 20, "connection_probability": 0.5},
    "plasticity": {"family": "van_rossum"},
    "prior": {"bounds": {"tau_pre": [0.01, 0.1], "tau_post": [0.01, 0.1], "a_plus": [0, 2], "a_minus": [0, 2]}},
}
RULE = {"new": {"tau_pre": 0.02, "tau_post": 0.02, "a_plus": 1.0, "a_minus": 1.0}}

def spiking(name, **changes):
    study = ss.load_study(name, "preview", SMALL | changes)
    fitness = ss.evaluate(study, ss.rules(study, RULE), trials=1, compute=ss.Compute("numba")).isel(rule=0, trial=0)
    rate = float(fitness["rate"].values.ravel()[0])
    return fitness, {"loss": float(fitness["loss_of_trial"]), "rate": rate, "status": int(fitness["status"])}

def rule_and_neuron():
    fixed = {"EE": 0.03, "EI": 0.03, "IE": 0.1, "II": 0.3}
    fitness, found = spiking(
        "stability_IE",
        network=SMALL["network"] | {"weight": fixed, "learning_rate": 0.1},
        input={"rate": 5.0},
        protocol={"training_time": 0.1, "scoring_time": 0.1},
        search=None,
    )
    return found | {"weight": float(fitness["final_weight_mean"].values.ravel()[0])}

def metric():
    protocol = {"training_time": 0.1, "scoring_time": 0.2, "highest_rate": 1000.0}
    base = ss.load_study("families_polynomial").settings
    fitness, found = spiking(
        "families_polynomial",
        protocol=protocol,
        recording={"metrics": [*base.recording.metrics, "synchrony"]},
        plausible={"asynchronous_irregular": {"synchrony": [0.0, 0.5]}},
    )
    return found | {"synchrony": float(fitness["synchrony"]), "constraints": list(fitness["constraint"].values)}

def task():
    run = ss.run(ss.load_study("battery"))
    fitness = run[ss.fitness_of("prior")]
    return {"losses": fitness["loss"].values.tolist(), "theta": run[ss.rules_of("prior")]["theta"].values.tolist()}

def figure():
    drawn = ss.run(ss.load_study("battery"), []).figure("prior_losses")
    return drawn.axes[0].lines[0].get_ydata().tolist()

def analysis():
    return ss.run(ss.load_study("battery"), [])[ss.analysis_of("random_search")]["loss"].values.tolist()

def rule_set():
    run = ss.run(ss.load_study("battery"), [])
    return {"theta": run[ss.rules_of("centre")]["theta"].values.tolist(),
            "loss": float(run[ss.fitness_of("centre")]["loss"][0])}

def taken():
    from synapseek_core.errors import ConfigurationError
    try:
        ss.load_study("battery", changes={"rule_sets": {"centre": {"table": "mine.csv"}}})
    except ConfigurationError as error:
        return {"refused": str(error)}
    return {"refused": ""}

def network():
    study = ss.load_study("continual_familiarity", "preview", {
        "plasticity": {"family": "matrix_memory"},
        "network": {"inputs": 25, "units": 25},
        "prior": {"bounds": {"lambda": [0.1, 0.9], "threshold": [-1, 1], "slope": [0.1, 100]}},
        "search": None,
    })
    # The threshold is between nothing and 0.8^2, what a repeat after 3 steps adds.
    rules = ss.rules(study, {"new": {"lambda": 0.8, "threshold": 0.45, "slope": 20.0}})
    return float(ss.evaluate(study, rules, trials=2)["loss"][0])

def part():
    from synapseek_core.analysis.parts.registry import PARTS
    study = ss.load_study("battery", changes={"degeneracy": {"solved_loss": 0.5}})
    fitness = {"prior": ss.run(study, [])[ss.fitness_of("prior")]}
    return float(PARTS["solved_share"].run(study, {}, fitness, ss.Compute())["solved_share"])

def study():
    return ss.run(ss.load_study("battery_of_ones"), [])[ss.fitness_of("prior")]["loss"].values.tolist()

def comparison():
    studies = {name: ss.load_study(name) for name in ("battery", "battery_of_ones", "oja")}
    graph = Graph(Setup(studies))
    (compared,) = [one for one in graph.figures() if getattr(one, "form", "") == "png" and not hasattr(one, "study")]
    stage = graph.stage(compared)
    data = {need: ss.run(studies[need.study], [])[need.of(None)] for need in stage.needs(compared)}
    (axes,) = stage.draw(compared, data).axes
    return [text.get_text() for text in axes.get_legend().get_texts()]

def reading():
    from synapseek_core.analysis.registry import ANALYSES
    from synapseek_core.files import datasets
    found = ss.run(ss.load_study("battery"), [])[ss.analysis_of("random_search")]
    datasets.write(found, ANALYSES["random_search"].contract, "random_search.nc", {})
    return ss.read("random_search.nc")["loss"].values.tolist()

found = {}
uses = rule_and_neuron, metric, network, task, figure, analysis, part, rule_set, taken, study, comparison, reading
for use in uses:
    try:
        found[use.__name__] = use()
    except Exception:
        found[use.__name__] = traceback.format_exc()
print(json.dumps(found))
"""
"""Prints what comes of each new thing when it is used, or its error."""


class Copy:
    """A copy of the package with new things in it.

    Attributes:
        path: folder in which the package is.
        changed: kind -> files that it adds or changes, with the numbers of lines that are new and that are gone.
        due: result of finished studies -> what makes it due, with all things added.
        used: name of a use -> what came of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(ROOT / "synapseek_core", path / "synapseek_core", ignore=shutil.ignore_patterns("__pycache__"))
        self.changed = {kind: self._add(thing) for kind, thing in THINGS.items()}
        self.due, self.used = printed(path, DUE + USE)

    def _add(self, thing: Thing) -> dict[str, tuple[int, int]]:
        before, package = self._code(), self.path / "synapseek_core"
        assert not (package / thing.file).exists()
        (package / thing.file).write_text(thing.text.lstrip())
        if thing.place:
            text = (package / thing.place).read_text()
            assert text.count(thing.line) == 1, f"{thing.place} has not one line {thing.line}"
            (package / thing.place).write_text(text.replace(thing.line, thing.named))
        after = self._code()
        return {file: differing(before.get(file, ""), text) for file, text in after.items() if text != before.get(file)}

    def _code(self) -> dict[str, str]:
        package = self.path / "synapseek_core"
        return {str(file.relative_to(package)): file.read_text() for file in package.rglob("*.py")}


def differing(before: str, after: str) -> tuple[int, int]:
    """Number of lines that are new, and that are gone."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return sum(line.startswith("+ ") for line in lines), sum(line.startswith("- ") for line in lines)


def printed(path: Path, code: str) -> list:
    """What a program prints, line by line, that runs in a folder with the package in it."""
    environment = os.environ | {"PYTHONPATH": str(path), "MPLBACKEND": "agg"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return Copy(tmp_path_factory.mktemp("new") / "project")


@pytest.fixture(scope="module")
def before():
    return printed(ROOT, DUE)[0]


def used(copy, name):
    assert not isinstance(copy.used[name], str), copy.used[name]
    return copy.used[name]


@pytest.mark.parametrize("kind", THINGS)
def test_it_is_one_new_file_and_one_line(copy, kind):
    changed, thing = copy.changed[kind], THINGS[kind]
    print(
        f"\n{kind:22} {len(changed)}  {', '.join(f'{file} (+{n} -{m})' for file, (n, m) in changed.items())}", end=" "
    )
    assert set(changed) == {thing.file, thing.place} - {""}
    assert changed[thing.file][1] == 0
    assert changed.get(thing.place, (0, 0)) in ((0, 0), (1, 0), (1, 1))


def test_a_rule_and_a_neuron_are_simulated(copy):
    found = used(copy, "rule_and_neuron")
    assert found["status"] == Status.ok
    assert found["rate"] > 0
    assert found["loss"] > 0
    # Its synapses have learned: the weight at which they start is 0.1.
    assert abs(found["weight"] - 0.1) > 1e-3


def test_a_metric_is_measured_and_asked_for(copy):
    found = used(copy, "metric")
    assert found["status"] == Status.ok
    assert 0 < found["synchrony"] <= 1
    assert "synchrony" in found["constraints"]


def test_a_network_on_streams_detects_repeats(copy):
    """Better than at chance, whose loss is ln 2."""
    assert used(copy, "network") < 0.6


def test_a_task_runs_from_rules_to_fitness(copy):
    found = used(copy, "task")
    assert len(found["losses"]) == len(found["theta"]) == 20
    # The noise of a trial is small beside the squares of the parameters.
    squares = (np.array(found["theta"]) ** 2).mean(1)
    np.testing.assert_allclose(found["losses"], squares, atol=0.2)


def test_a_study_of_a_task_that_is_there(copy):
    """The same rules in the same trials, and another wanted response."""
    theta, losses = (np.array(used(copy, "task")[name]) for name in ("theta", "losses"))
    change = used(copy, "study") - losses
    np.testing.assert_allclose(change + 2 * theta.mean(1), np.mean(change + 2 * theta.mean(1)), atol=1e-5)


def test_a_figure_shows_what_an_analysis_found(copy):
    lowest = np.minimum.accumulate(used(copy, "task")["losses"]).tolist()
    assert used(copy, "analysis") == lowest
    assert used(copy, "figure") == lowest


def test_a_part_of_the_degeneracy_analysis(copy):
    losses = np.array(used(copy, "task")["losses"])
    assert used(copy, "part") == pytest.approx((losses <= 0.5).mean())


def test_a_figure_across_studies_is_of_those_that_it_can_show(copy):
    assert used(copy, "comparison") == ["battery", "battery_of_ones"]


def test_a_rule_set_is_evaluated(copy):
    found = used(copy, "rule_set")
    assert found["theta"] == [pytest.approx([0.055, 0.055, 0, 0, 0, 0])]
    assert 0 < found["loss"] < 0.1


def test_of_finished_results_only_the_analysis_with_a_new_part_is_due(copy, before):
    """Neither the code nor the settings of any other are different."""
    differ = [path for path, one in before.items() if copy.due[path][:2] != one[:2]]
    assert len(before) > 100
    assert differ == ["results/stability_IE/analysis/degeneracy.nc"]


def test_a_study_gets_the_figure_that_it_names(copy, before):
    new = {path for path in copy.due.keys() - before.keys() if path.startswith("results/oja/")}
    drawn = {f"results/oja/figures/prior_losses.{form}" for form in FORMATS}
    assert drawn | {"results/oja/analysis/random_search.nc"} <= new


def test_finished_results_are_made_from_the_same_files(copy, before):
    assert not [path for path, (_, _, made_from) in before.items() if copy.due[path][2] != made_from]


def test_a_users_rule_set_cannot_have_the_name_of_a_new_one(copy):
    assert "other rules have that name" in used(copy, "taken")["refused"]


def test_a_file_of_a_new_kind_is_read(copy):
    assert "random_search.nc: is of kind 'random_search'; allowed" not in str(copy.used["reading"])
