"""NetCDF files: what each kind holds, reading and writing, and where a file came from."""
