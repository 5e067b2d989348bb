"""The work of a race: the runs that are left are trained, together or in turn, then measured on test images."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, suppress

from aecore.analysis.estimate import estimate
from aecore.analysis.evaluate import evaluate
from aecore.analysis.trained import Trained
from aecore.data.catalog import datasets
from aecore.errors import LabError, RunError, SettingError
from aecore.experiments.experiment import Advance, Place, Result
from aecore.experiments.race import APART, TOGETHER, RaceSettings, finishers
from aecore.model import Autoencoder
from aecore.runs.beginning import Beginning, begin
from aecore.runs.folder import CHECKPOINT, PREVIOUS, Run
from aecore.runs.job_folder import STOP
from aecore.runs.opened import open_run
from aecore.runs.recorder import record
from aecore.runs.status import LiveStatus
from aecore.runs.store import Runs
from aecore.training.checkpoints import read_checkpoint
from aecore.training.events import Event, Progress
from aecore.training.loop import Training
from aecore.training.precision import find_device
from aecore.training.together import Apart, Member, together, why_apart

Row = dict[str, str | int | float | None]

TRAINED = 0.97  # of all work, what is left is measuring


class Entrant:
    """One run of the race while this process holds it."""

    def __init__(self, name: str, run: Run):
        self.name = name
        self.run = run
        self.note = ""  # why it is out
        self.done = 0.0
        self._status: LiveStatus | None = None
        self._ready: Beginning | None = None
        self._events: Generator[Event, None, None] | None = None

    @property
    def ready(self) -> Beginning:
        """What it goes on from, once it has entered."""
        assert self._ready is not None
        return self._ready

    def enter(self, held: ExitStack) -> None:
        """Hold the run and read what it goes on from. What is wrong with it is written down: it is out."""
        try:
            self._status = held.enter_context(self.run.hold())
        except LabError as error:
            self.note = str(error)
            return
        (self.run.path / STOP).unlink(missing_ok=True)
        try:
            self.read()
        except LabError as error:
            self.fail(error)

    def read(self) -> None:
        """Read recipe, data and checkpoint of the run that is held."""
        assert self._status is not None
        self._ready = begin(self.run, self._status)

    def start(self, training: Training) -> None:
        """From now on `advance` trains it."""
        assert self._status is not None
        self._events = record(self.run, training, self._status)

    def advance(self) -> Event | None:
        """The next event, written down; None when there is none, or what there was ended it."""
        assert self._events is not None
        if (self.run.path / STOP).exists():
            self.leave()
            self.note = "It was stopped by itself."
            (self.run.path / STOP).unlink(missing_ok=True)
            return None
        try:
            event = next(self._events, None)
        except LabError as error:
            self.fail(error)
            return None
        if isinstance(event, Progress):
            self.done = event.done
        return event

    def leave(self) -> None:
        """Stop where it is and keep a checkpoint of that moment."""
        if self._events is not None:
            self._events.close()

    def fail(self, error: LabError) -> None:
        """It is out, and its run says why."""
        self.note = str(error)
        self.run.write_log(self.note)
        if self._status is not None:
            self._status.update(state="failed", message=self.note, place=None, progress=None, sync=True)


def perform(settings: RaceSettings, dataset: str, place: Place) -> Generator[Advance | Result, None, None]:
    """Train and measure whoever has no result yet. RunError when nobody gets anywhere."""
    runs = Runs(place.folder.parent.parent)
    known = {key for key, each in finishers(place.known).items() if not each.get("note")}
    named = zip(settings.ids, settings.names, strict=True)
    field = [(name, run) for key, name in named if key not in known for run in _found(runs, key)]
    yield Advance(0.0, "reading the recipes")
    with ExitStack() as held:
        entrants = [Entrant(name, run) for name, run in field]
        left = [each for each in entrants if each.run.status()["state"] != "finished"]
        for each in left:
            each.enter(held)
        yield from _trained([each for each in left if not each.note], place)
    count = len(entrants)
    for number, each in enumerate(entrants):
        yield Advance(TRAINED + (1 - TRAINED) * number / max(1, count), f"test images: {each.name}")
        yield Result(_measured(each))
    if entrants and all(each.note for each in entrants) and not known:
        raise RunError(f"No run of the race came to its end. {entrants[0].name}: {entrants[0].note}")
    yield Advance(1.0, "done")


def seconds(settings: RaceSettings, dataset: str) -> float:
    """About how long it takes when the runs take turns on this machine's best device: together they take less."""
    info = next((each for each in datasets() if each.key == dataset), None)
    if info is None:
        raise SettingError(f"There is no data set {dataset!r}: choose one of those that are listed.")
    device, runs = find_device("auto"), Runs()
    recipes = [runs.get(each).recipe() for each in settings.ids]
    sizes = (info.shape, info.train, info.validation)
    return sum(estimate(each, *sizes, device, len(info.class_names)).seconds for each in recipes)


def _found(runs: Runs, key: str) -> list[Run]:
    """The run, or none where it has been deleted meanwhile."""
    with suppress(RunError):
        return [runs.get(key)]
    return []


# --- training


def _trained(entrants: Sequence[Entrant], place: Place) -> Iterator[Advance | Result]:
    """All of them to their end, or to where they fall out."""
    if not entrants:
        return
    members, why = _members(entrants, place)
    way = APART if why else TOGETHER
    because = why or members[0].how
    if way not in [each.get("way") for each in place.known]:
        yield Result({"way": way, "why": because})
    if why:
        yield from _in_turn(entrants, place)
    else:
        for each, member in zip(entrants, members, strict=True):
            each.start(member)
        yield from _rounds(entrants, f"training all {len(entrants)} together")


def _members(entrants: Sequence[Entrant], place: Place) -> tuple[Sequence[Member], str]:
    """The trainings that go together, or why there are none, as the end of a sentence."""
    if len(entrants) == 1:
        return (), "one run is left"
    apart = why_apart([each.ready.recipe for each in entrants]) or _brought_level(entrants)
    if apart:
        return (), apart
    ready = [each.ready for each in entrants]
    try:
        return together(
            [each.recipe for each in ready],
            ready[0].splits,
            find_device(place.device),
            [each.checkpoint for each in ready],
        ), ""
    except Apart as error:
        return (), error.reason
    except LabError as error:  # one of them; each says so when its turn comes
        return (), str(error).rstrip(".")


def _brought_level(entrants: Sequence[Entrant]) -> str:
    """Let those go back one checkpoint that a kill left one ahead; why that does not help, or ""."""
    steps = [_step(each) for each in entrants]
    for each, step in zip(entrants, steps, strict=True):
        if step > min(steps):
            _go_back(each, min(steps))
    return "" if len(set(map(_step, entrants))) == 1 else "they stand at different epochs"


def _go_back(entrant: Entrant, step: int) -> None:
    """To the previous checkpoint, if it is of that step."""
    path = entrant.run.path / PREVIOUS
    try:
        fitting = read_checkpoint(path).position.step == step
    except LabError:
        return
    if fitting:
        path.replace(entrant.run.path / CHECKPOINT)
        entrant.read()


def _step(entrant: Entrant) -> int:
    checkpoint = entrant.ready.checkpoint
    return 0 if checkpoint is None else checkpoint.position.step


def _in_turn(entrants: Sequence[Entrant], place: Place) -> Iterator[Advance]:
    for number, each in enumerate(entrants):
        begun, share = number / len(entrants), 1 / len(entrants)
        try:
            ready = each.ready
            each.start(Training(ready.recipe, ready.splits, find_device(place.device), ready.checkpoint))
        except LabError as error:
            each.fail(error)
            continue
        for event in _rounds([each], f"training {each.name}, {number + 1} of {len(entrants)}"):
            yield Advance(begun * TRAINED + share * event.done, event.message)


def _rounds(entrants: Sequence[Entrant], said: str) -> Iterator[Advance]:
    """One event of each in turn, as long as there are any; closing the iterator stops all of them."""
    going = list(entrants)
    try:
        while going:
            going = [each for each in going if each.advance() is not None]
            if going:
                yield Advance(TRAINED * max(each.done for each in going), said)
    finally:
        for each in entrants:
            each.leave()


# --- measuring


def _measured(entrant: Entrant) -> Row:
    """The numbers of one that has come to its end, or why it has not."""
    values: Row = {"run": entrant.run.id, "entrant": entrant.name}
    if not entrant.note and entrant.run.status()["state"] == "finished":
        try:
            return values | _numbers(entrant.run)
        except LabError as error:
            entrant.note = str(error)
    return values | {"note": entrant.note or "It did not come to its end."}


def _numbers(run: Run) -> Row:
    summary = run.summary()
    spent = summary.metrics.get("seconds")
    values: Row = {
        "code_size": summary.latent,
        "validation_loss": summary.loss,
        "seconds": round(float(spent), 2) if isinstance(spent, (int, float)) else None,
    }
    opened: Trained = open_run(run)
    if isinstance(opened.composition.model, Autoencoder):
        found = evaluate(opened)
        values |= {
            "test_error": found.model.sse_per_image,
            "pca_error": found.pca.sse_per_image,
            "images": found.images,
        }
    return values
