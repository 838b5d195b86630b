"""The studies: declarations of settings, and the project that config.yaml describes."""
