"""Runs: the folder in which one training writes down everything. Importing and listing needs no torch."""
