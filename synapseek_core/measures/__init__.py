"""Measures of the activity of networks, and the plausibility of rules by them."""
