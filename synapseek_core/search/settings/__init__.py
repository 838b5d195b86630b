"""Settings of the search methods, one class a method."""
