"""Data: image sets, where they come from, how they are split and how outside pictures are taken in."""
