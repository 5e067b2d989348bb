"""Variants: named compositions of parts, with the text that explains them."""
