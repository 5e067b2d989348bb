"""What a browser is given: code as the repository keeps it, and scenes of the canvas as bytes."""
