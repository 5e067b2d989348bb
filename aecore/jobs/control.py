"""Starting, stopping and resuming runs from another process."""

from aecore.runs.folder import Run


def start(run: Run) -> str:
    """Start a new run in the background and return its state. RunError when it is under way or finished."""
    raise NotImplementedError


def stop(run: Run, timeout_s: float = 0.0) -> str:
    """Ask a run to stop; wait up to `timeout_s` for it; return its state then. RunError when it is not under way."""
    raise NotImplementedError


def resume(run: Run, epochs: int | None = None, device: str | None = None) -> str:
    """Go on from the last checkpoint in the background; return the state.

    A finished run needs `epochs`, the length of a new stage; any other run takes none. `device` replaces the one it
    was made for. RunError when it is under way or cannot be resumed.
    """
    raise NotImplementedError
