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
        "move": "pipeline.stages.move:Move",
        "analyse": "pipeline.stages.analyse:Analyse",
        "draw": "pipeline.stages.draw:Draw",
        "tabulate": "pipeline.stages.tabulate:Tabulate",
        "published_figure": "pipeline.stages.show_table:PublishedDraw",
        "published_page": "pipeline.stages.show_table:Page",
        "compare": "pipeline.stages.compare:Compare",
    }
)
