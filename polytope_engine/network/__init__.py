"""What is analyzed: networks as exact rational maps, readers for them, and networks with known counts."""
