"""The NetCDF contracts: dimensions, variables and units of each kind of file."""
