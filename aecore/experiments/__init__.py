"""Experiments: many small pieces of work whose results belong into one table or chart, done as one job."""
