"""Plastic spiking networks: one interface, several backends."""
