"""What the results mean: analyses from files to a file, across rules and conditions."""
