"""Errors whose text is meant for the user: one line that says what is wrong, where, and what is allowed."""


class SynapseekError(Exception):
    """Base of every error that the user can correct."""


class ConfigurationError(SynapseekError):
    """A configuration key is unknown, out of range, or contradicts another."""


class DatasetError(SynapseekError):
    """A NetCDF file is missing, truncated, of another kind or schema, or its content violates its contract."""


class DeviceError(SynapseekError):
    """The machine lacks the device or the memory that was asked for."""
