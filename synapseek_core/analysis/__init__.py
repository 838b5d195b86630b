"""What the results mean: degeneracy, mean-field theory, spike-timing windows."""
