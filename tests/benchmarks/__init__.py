"""Benchmarks: one command each, printing a table. Not collected by pytest; the figures they gave are in docs."""
