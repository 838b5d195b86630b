"""Whether the file of a figure shows what the files beside it hold."""

from contextlib import chdir
from pathlib import Path

import matplotlib.image
import numpy as np
import yaml

from synapseek_core.figures.figure import save
from synapseek_core.files import datasets
from synapseek_core.pipeline.graph import Graph, is_list
from synapseek_core.studies import project

AGAIN = "again.png"


def differing_pixels(folder, figure):
    """Number of pixels in which the PNG file of a figure differs from what is drawn from the files of the folder."""
    with chdir(folder):
        graph = Graph(project.load(yaml.safe_load(Path("config.yaml").read_text())).setup())
        stage, data = graph.stage(figure), {}
        for need, results in graph.inputs(figure).items():
            found = [datasets.read(one.path, graph.stage(one).contract(one)) for one in results]
            data[need] = found if is_list(need) else found[0]
        save(stage.draw(figure, data), [AGAIN], stage.describes(figure)[1])
        shown, expected = (matplotlib.image.imread(path) for path in (figure.path, AGAIN))
        Path(AGAIN).unlink()
    assert shown.shape == expected.shape
    return int(np.any(shown != expected, axis=-1).sum())
