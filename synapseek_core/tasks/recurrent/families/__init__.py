"""The task of families of rules."""
