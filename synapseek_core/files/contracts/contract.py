"""The form of a contract: dimensions, variables and units of one kind of file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synapseek_core.status import Status


@dataclass(frozen=True)
class Variable:
    """Dimensions, unit and meaning of a variable; `attributes` are further CF attributes."""

    dims: tuple[str, ...]
    units: str
    long_name: str
    dtype: str = "float32"
    attributes: Mapping[str, Any] = field(default_factory=dict)


STATUS = Variable(
    ("rule", "trial"),
    "1",
    "how the trial ended",
    "int8",
    {
        "flag_values": np.array([status.value for status in Status], np.int8),
        "flag_meanings": " ".join(status.name for status in Status),
    },
)


@dataclass(frozen=True)
class Contract:
    """One kind of file: variables it must have, with dimensions and units; further variables need units and a name.

    The `optional` ones need not be there. `attributes` are global attributes that must be there, `dimensions` the
    meanings of dimensions that no other kind of file has, `version` that of the kind.
    """

    kind: str
    title: str
    variables: Mapping[str, Variable]
    optional: Mapping[str, Variable] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    dimensions: Mapping[str, str] = field(default_factory=dict)
    version: int = 1
