"""What stages do, apart from how they are planned: a change of plans makes nothing due."""
