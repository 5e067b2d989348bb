from tests.runs.conftest import _trained, runs, splits, trained

__all__ = ["_trained", "runs", "splits", "trained"]
