"""Restoring pictures of any size: tiles, enlarging, denoising, classical methods, and the published protocols."""
