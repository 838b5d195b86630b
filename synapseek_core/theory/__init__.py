"""What follows from a rule without a network: mean field, spike-timing windows, one synapse, spectra."""
