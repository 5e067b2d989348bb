"""Analysis: a trained model in, frozen dataclasses of arrays out. Draws nothing and trains only classical baselines."""
