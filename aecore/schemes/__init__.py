"""Schemes: how parameters are fitted."""
