"""Rational arithmetic: exact decisions about cells, each with its proof."""
