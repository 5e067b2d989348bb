"""Plots: the dataclasses of the analysis as Plotly figures, and pixel images as they are shown everywhere."""
