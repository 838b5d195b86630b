"""Parts of the analysis of degeneracy that only some studies have."""
