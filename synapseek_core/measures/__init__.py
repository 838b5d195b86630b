"""What is measured of the activity of networks, and what makes it plausible."""
