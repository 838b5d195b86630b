"""Errors whose text is meant for the user: one line that says what is wrong, where, and what is allowed."""


class SynapseekError(Exception):
    """Base of every error that the user can mend."""


class ConfigurationError(SynapseekError):
    """A configuration key is unknown, out of range, or contradicts another."""


class DatasetError(SynapseekError):
    """A NetCDF file is missing, truncated, of another kind, of another schema, or does not hold what it should."""


class DeviceError(SynapseekError):
    """The machine lacks the device or the memory that was asked for."""
