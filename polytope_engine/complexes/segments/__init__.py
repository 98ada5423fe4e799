"""Regions along segments and paths, in any input dimension."""
