"""The task of tuned inhibition."""
