"""Parts of the analysis of degeneracy by name. A new one is a file beside this one; studies name those they have."""

from synapseek_core.analysis.parts.part import Part
from synapseek_core.registries import Folder

PARTS: Folder[Part] = Folder("analysis.parts", "PART")
