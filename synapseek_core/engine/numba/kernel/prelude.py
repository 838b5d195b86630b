"""First part of every kernel: names that all other parts use."""

# --- kernel ---
from typing import Any

import numpy as np
from numba import njit  # noqa: F401

from synapseek_core.engine.numba.arithmetic import (  # noqa: F401
    exp,
    maximum,
    minimum,
    select,
    sigmoid_layer,
    weighted_sum,
)
from synapseek_core.engine.numba.denormals import flush_denormals  # noqa: F401

f4, u8 = np.float32, np.uint64

# Neurons in a block of the state array: long enough to vectorise, short enough for the first-level cache.
LANES = 128
SHIFT = LANES.bit_length() - 1
# Synapses that the exact form changes at once.
ROW_LANES = 32

# Nothing is allocated in the kernel, so arrays need no reference counts (_nrt): counting those of the tables at every
# call would take two thirds of a small network's time. A call passes all tables by value, so short functions are
# inlined.
FASTMATH = {"contract", "nsz", "arcp", "afn", "reassoc"}
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": FASTMATH, "_nrt": False}
INLINE = OPTIONS | {"forceinline": True}
