"""Figures across studies."""
