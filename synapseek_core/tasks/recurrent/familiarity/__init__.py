"""The familiarity task."""
