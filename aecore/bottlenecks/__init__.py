"""Bottlenecks: how the encoder's last numbers become the code."""
