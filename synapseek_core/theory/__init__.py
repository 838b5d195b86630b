"""Theory of a rule without a network: mean field, spike-timing windows, one synapse, spectra."""
