"""Where rules come from and how they are searched for: priors, evolution strategies."""
