"""The source of a kernel: one kept as an example, holes that are all filled, names that are all known.

`python tests/test_kernel_source.py` renews the example after a change that is meant; read the difference first.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import pytest

from synapseek_core.engine.numba import parts
from synapseek_core.engine.numba.kernel import holes
from synapseek_core.engine.numba.specialise import kernel, kernel_source, parts_of
from synapseek_core.errors import ConfigurationError
from synapseek_core.neurons.registry import NEURON_MODELS
from synapseek_core.plasticity.registry import SPIKING_FAMILIES

EXAMPLE = Path(__file__).parent / "data" / "kernel_tif_pair_lazy.py.txt"
PAGE = Path(__file__).parents[1] / "docs" / "how-a-rule-becomes-machine-code.md"
PARTS = sorted({path.stem for path in parts.FOLDER.glob("*.py")} - {"__init__", "holes"})
HOLES = sorted(name for name in vars(holes) if not name.startswith("_"))
TIF, PAIR = NEURON_MODELS["tif"]().build(), SPIKING_FAMILIES["pair"]


def example() -> str:
    """Source of the lazy kernel of the pair rule on TIF neurons."""
    return kernel_source(TIF, PAIR, "lazy")


def test_example_is_what_is_generated():
    assert example() == EXAMPLE.read_text(), f"if this is meant, renew it: python {Path(__file__).name}"


@pytest.mark.parametrize("part", PARTS)
def test_parts_are_modules(part):
    """Tools can import them, and with that check every name in them."""
    assert importlib.import_module(f"synapseek_core.engine.numba.kernel.{part}").__doc__


MODELS = {name: NEURON_MODELS[name]().build() for name in NEURON_MODELS}
PAIRS = [
    (model, name)
    for model, neuron in MODELS.items()
    for name in SPIKING_FAMILIES
    if set(SPIKING_FAMILIES[name].postsynaptic_state) <= set(neuron.initial_state)
]


@pytest.mark.parametrize(("model", "name"), PAIRS)
def test_every_kernel_is_complete(model, name):
    """Of every neuron model with every family whose state it has, in every form."""
    neuron, family = MODELS[model], SPIKING_FAMILIES[name]
    for form in ("exact", "lazy") if family.lazy else ("exact",):
        parts.check(kernel_source(neuron, family, form), parts_of(family, form), f"{model} {name} {form}")


def test_every_hole_is_used_and_described():
    assert sorted(parts.holes_of(PARTS)) == HOLES
    assert not [name for name in HOLES if f"`{name}`" not in PAGE.read_text()]


@pytest.mark.parametrize("hole", ["begin_step", "lazy_presynaptic_change"])
def test_a_hole_that_is_not_filled_is_found(hole):
    source = example().replace(f"def {hole}(", "def something_else(")
    with pytest.raises(AssertionError, match=f"hole {hole}"):
        parts.check(source, parts_of(PAIR, "lazy"), "here")


def test_a_filling_of_other_arguments_is_found():
    source = example().replace("def settle(p, tables, weights, traces)", "def settle(p, tables, traces, weights)")
    with pytest.raises(AssertionError, match="hole settle"):
        parts.check(source, parts_of(PAIR, "lazy"), "here")


def on_pre_of_an_unknown_function(alpha):
    """Uses what no backend knows."""
    return alpha * EXAMPLE.stem + bessel(alpha)  # noqa: F821


def test_a_rule_of_unknown_names_is_refused():
    odd = replace(PAIR, name="odd", on_pre=on_pre_of_an_unknown_function)
    with pytest.raises(ConfigurationError, match=r"family 'odd': \['EXAMPLE', 'bessel'\] unknown in a compiled kernel"):
        kernel(TIF, odd, "exact")


HALF = 0.5


def on_pre_of_a_named_number(alpha):
    """Reads a number of its module."""
    return HALF * alpha + 1


def test_numbers_are_single_precision():
    source = kernel_source(TIF, replace(PAIR, on_pre=on_pre_of_a_named_number), "exact")
    assert "return f4(0.5) * alpha + f4(1)" in source


if __name__ == "__main__":
    EXAMPLE.write_text(example())
