from tests.runs.conftest import splits

__all__ = ["splits"]
