"""Training: recipes, the one loop, precision and checkpoints."""
