"""The configured device counts wherever something is simulated: in searches, simulations and analyses."""

import pytest

from synapseek_core import runtime
from synapseek_core.analysis.parts.registry import PARTS
from synapseek_core.analysis.registry import ANALYSES
from synapseek_core.errors import DeviceError
from synapseek_core.interfaces.setup import Setup
from synapseek_core.pipeline.graph import Graph
from synapseek_core.pipeline.results import Analysed, ChunkOf, SearchChunk, analysis_of, rules_of
from synapseek_core.pipeline.run import run
from synapseek_core.runtime import Compute
from synapseek_core.studies import project

CPU, GPU = Compute("auto", "cpu", 1), Compute("auto", "gpu", 1)
SHORT = {"generations": 1, "trials": 1, "restarts": 1}
TINY = {
    "pca_network": {
        "network": {"inputs": 4},
        "protocol": {"steps": 20},
        "recording": {"samples": 2},
        "prior": {"samples": 0},
        "search": {"gradient": SHORT, "unpenalised": SHORT},
        "evaluation": {"trials": 1},
    },
    "continual_familiarity_capacity": {
        "network": {"inputs": 4, "units": 3},
        "stream": {"steps": 10, "steps_per_interval": 2},
        "search": {"curriculum": SHORT | {"updates": 1}},
        "evaluation": {"trials": 1},
    },
}


@pytest.mark.parametrize(
    "name", ["pca_network", pytest.param("continual_familiarity_capacity", marks=pytest.mark.slow)]
)
def test_a_demanded_gpu_is_demanded_in_every_stage_that_simulates(name, monkeypatch):
    monkeypatch.setattr(runtime, "gpus", list)
    study = project.load_study(name, "preview", TINY[name])
    done = run(study, [analysis_of("degeneracy")], CPU)
    graph = Graph(Setup({name: study}))
    simulating = [result for result in done.made if graph.stage(result).cost(result).networks]
    assert {type(result).__name__ for result in simulating} == {"SearchChunk", "Activity", "Analysed"}
    for result in simulating:
        data = {need: done[need] for need in graph.stage(result).needs(result)}
        with pytest.raises(DeviceError, match="device: gpu"):
            graph.stage(result).run(result, data, GPU)
        assert graph.stage(result).device(result, CPU).startswith("JAX on ")


def test_an_analysis_that_simulates_says_so_in_its_cost():
    simulating = {part for part in PARTS if PARTS[part].cost(_study_with(part)).networks}
    assert simulating == {"curvature", "learned_networks"}
    assert all(not ANALYSES[name].cost(_study_with("mean_field_rate")).networks for name in ANALYSES)


def _study_with(part):
    name = {"curvature": "oja", "learned_networks": "continual_familiarity"}.get(part, "stability_IE")
    return project.load_study(name, "preview")


def test_needs_of_chunks():
    study = project.load_study("stability_IE", "preview")
    stage = Graph(Setup({study.name: study})).stage_of(SearchChunk)
    assert stage.needs(SearchChunk(study.name, "cma_es", 1, 2)) == (ChunkOf(search="cma_es", restart=1, chunk=1),)
    assert stage.needs(SearchChunk(study.name, "cma_es", 1, 0)) == ()
    assert Analysed(study.name, "degeneracy").path == "results/stability_IE/analysis/degeneracy.nc"
    assert rules_of("prior").of("other").study == "other"
