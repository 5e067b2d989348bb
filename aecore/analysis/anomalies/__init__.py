"""Anomalies: what is unlike the images a model was trained on, which are the normal ones."""
