"""Race: several runs at once, or one after the other, on the same images, to be compared while they train.

Every entrant is a run like any other, with a folder of its own. Those whose recipes fit are trained together, one step
moving all (`aecore.training.together`); others take turns. Which it is, and why, stands in the first result:

    way, why                                            of the race
    run, entrant, test_error, pca_error, code_size, ... of each entrant, when it has come to its end

`aecore.experiments.entrants` makes the runs.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from aecore.errors import SettingError
from aecore.experiments.experiment import Advance, Kind, Place, Result, Table, Values
from aecore.settings import Settings, setting

LEAST, MOST = 2, 16
TOGETHER, APART = "together", "one after the other"


@dataclass(frozen=True)
class RaceSettings(Settings):
    """Who takes part."""

    runs: str = setting("", reason="ids of the runs, with commas between them")
    entrants: str = setting("", reason="what each is called in the race, with | between them")

    def __post_init__(self) -> None:
        super().__post_init__()
        ids = self.ids
        if not LEAST <= len(ids) <= MOST or len(set(ids)) != len(ids):
            raise SettingError(f"runs names {len(ids)} runs: a race has {LEAST} to {MOST} different ones.")
        if len(self.names) != len(ids):
            raise SettingError(f"entrants has {len(self.names)} names for {len(ids)} runs: give one for each.")

    @property
    def ids(self) -> list[str]:
        """The runs in their order."""
        return [each.strip() for each in self.runs.split(",") if each.strip()]

    @property
    def names(self) -> list[str]:
        """What each is called."""
        return [each.strip() for each in self.entrants.split("|")]

    @classmethod
    def of(cls, entrants: "dict[str, str]") -> "RaceSettings":
        """From names by the ids of their runs."""
        return cls(",".join(entrants), "|".join(each.replace("|", "/") for each in entrants.values()))


def way_of(results: Sequence[Values]) -> tuple[str, str]:
    """How they are trained, and why, in words; "" before it is known."""
    said = next((each for each in results if "way" in each), {})
    return str(said.get("way", "")), str(said.get("why", ""))


def finishers(results: Sequence[Values]) -> dict[str, Values]:
    """The newest result of each entrant by the id of its run."""
    return {str(each["run"]): each for each in results if each.get("run")}


ERRORS = ("squared_error", "absolute_error", "cross_entropy")  # of reconstructions, by any objective


def compared_by(validations: Sequence[Mapping[str, object]]) -> str:
    """The number by which runs are compared, of those that all have: the error, for a loss weighs other things too."""
    names = [f"{each}{ending}" for each in ERRORS for ending in ("", "_binarised")]
    common = [name for name in names if validations and all(name in each for each in validations)]
    return common[0] if common else "loss"


def _perform(settings: Settings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    assert isinstance(settings, RaceSettings)
    from aecore.experiments.race_work import perform  # torch

    return perform(settings, dataset, place)


def _seconds(settings: Settings, dataset: str) -> float:
    assert isinstance(settings, RaceSettings)
    from aecore.experiments.race_work import seconds  # torch

    return seconds(settings, dataset)


def _table(results: Sequence[Values]) -> Table:
    """A row for each entrant that has come to its end, the baseline beside its error."""
    rows: list[dict[str, object]] = [dict(each) for each in finishers(results).values()]
    return rows, {
        "entrant": "entrant",
        "test_error": "squared error",
        "pca_error": "PCA of that code size",
        "code_size": "code",
        "validation_loss": "validation loss",
        "seconds": "seconds",
        **({"note": "note"} if any(each.get("note") for each in rows) else {}),
    }


RACE = Kind(
    "race",
    "Race",
    "Several recipes trained at once on the same images, and compared.",
    RaceSettings,
    _perform,
    _table,
    _seconds,
    patient=True,
)
