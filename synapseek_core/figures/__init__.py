"""Figures, drawn only from NetCDF files."""
