"""Compiled leaves: arrays in, arrays and a status out. They never raise and never print."""
