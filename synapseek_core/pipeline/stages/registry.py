"""The stages by name."""

from synapseek_core.pipeline.stage import Stage
from synapseek_core.registries import Registry

STAGES: Registry[type[Stage]] = Registry(
    {
        "sample": "pipeline.stages.sample:Sample",
        "simulate": "pipeline.stages.simulate:Simulate",
        "score": "pipeline.stages.score:Score",
        "search": "pipeline.stages.search:Search",
        "infer": "pipeline.stages.infer:Infer",
        "analyse": "pipeline.stages.analyse:Analyse",
        "draw": "pipeline.stages.draw:Draw",
        "tabulate": "pipeline.stages.tabulate:Tabulate",
        "compare": "pipeline.stages.compare:Compare",
    }
)
