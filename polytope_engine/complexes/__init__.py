"""How regions fit together."""
