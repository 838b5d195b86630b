"""Analyses of results, from files to a file, across rules and conditions."""
