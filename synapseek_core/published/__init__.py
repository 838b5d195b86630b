"""Published searches and their place beside this project."""
