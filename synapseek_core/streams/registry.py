"""Networks on streams by name. A new one is a file beside hebbff.py and its entry here."""

from synapseek_core.registries import Registry
from synapseek_core.streams.network import StreamNetwork

NETWORKS: Registry[type[StreamNetwork]] = Registry(
    {
        "hebbff": "streams.hebbff:HebbFF",
        "lstm": "streams.lstm:LSTM",
        "bogacz_brown": "streams.bogacz_brown:BogaczBrown",
    }
)
