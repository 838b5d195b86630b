"""What some studies add to the analysis of the degeneracy of their rules."""
