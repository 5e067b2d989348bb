"""The command line: `python -m aecore COMMAND ...`."""

from aecore.cli.main import main

__all__ = ["main"]
