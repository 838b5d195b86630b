"""The stages from rules to figures, and the typed results between them."""
