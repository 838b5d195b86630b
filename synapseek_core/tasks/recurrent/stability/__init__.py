"""The stability task."""
