"""Corruptions: what is done to the clean image before the encoder sees it."""
