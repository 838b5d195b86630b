"""NetCDF files: the content of each kind, reading and writing, and provenance."""
