"""The stages by name."""

from synapseek_core.pipeline.results import (
    Activity,
    Analysed,
    Compared,
    Drawn,
    Fitness,
    Posterior,
    PublishedFigure,
    PublishedPage,
    PublishedTable,
    Result,
    Rules,
    SearchChunk,
)
from synapseek_core.pipeline.stage import Stage
from synapseek_core.registries import Registry

STAGE_OF: dict[type[Result], str] = {
    Rules: "sample",
    Activity: "simulate",
    Fitness: "score",
    SearchChunk: "search",
    Posterior: "infer",
    Analysed: "analyse",
    Drawn: "draw",
    Compared: "compare",
    PublishedTable: "tabulate",
    PublishedFigure: "published_figure",
    PublishedPage: "published_page",
}
"""The stage that makes each kind of result."""

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
        "published_figure": "pipeline.stages.show_table:PublishedDraw",
        "published_page": "pipeline.stages.show_table:Page",
        "compare": "pipeline.stages.compare:Compare",
    }
)
