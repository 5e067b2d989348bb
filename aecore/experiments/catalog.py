"""The experiments there are. Needs no torch."""

from aecore.errors import SettingError
from aecore.experiments.anomalies import ANOMALIES
from aecore.experiments.dimensions import DIMENSIONS
from aecore.experiments.experiment import Kind
from aecore.experiments.few_labels import FEW_LABELS
from aecore.experiments.projection import PROJECTION
from aecore.experiments.race import RACE

EXPERIMENTS: dict[str, Kind] = {each.key: each for each in (FEW_LABELS, DIMENSIONS, ANOMALIES, PROJECTION, RACE)}


def find_kind(key: object) -> Kind:
    """SettingError naming those that exist."""
    if not isinstance(key, str) or key not in EXPERIMENTS:
        raise SettingError(f"There is no experiment {key!r}: choose one of {', '.join(EXPERIMENTS)}.")
    return EXPERIMENTS[key]
