"""Taking pictures in from a thread: one at a time, stopped when asked, and always with an end."""

import threading

import pytest

from aecore.data.intake import Added, OwnSettings, Progress
from aecore.data.own import own_datasets
from aecore.errors import DataError, LabError
from pages.shared import intake
from pages.shared.intake import Desk, Intake
from tests.hostile import encoded

SMALL = OwnSettings(size=28)


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))


def pictures(count: int) -> list[tuple[str, bytes]]:
    return [(f"{number}.png", encoded("PNG")) for number in range(count)]


def ended(current: Intake) -> Intake:
    """The intake, once its thread is gone."""
    for thread in threading.enumerate():
        if thread.name == "intake":
            thread.join(60)
    return current


def stuck(monkeypatch) -> threading.Event:
    """Intakes wait after their first picture until the event is set."""
    go_on = threading.Event()

    def add(source, name, settings):
        yield Progress(1, 10, 0)
        go_on.wait(60)
        yield Progress(2, 10, 0)
        yield Progress(3, 10, 0)

    monkeypatch.setattr(intake, "add_own", add)
    return go_on


def test_pictures_are_taken_in_and_counted():
    current = ended(Desk().start(pictures(12), "mine", SMALL))

    assert isinstance(current.added, Added)
    assert not current.under_way
    assert current.progress == Progress(12, 12, 0)
    assert [info.key for info in own_datasets()] == ["mine"]


def test_a_name_that_cannot_be_used_is_refused_before_anything_begins():
    desk = Desk()
    with pytest.raises(DataError, match="'mnist' is a data set of the laboratory"):
        desk.start(pictures(12), "mnist", SMALL)
    assert desk.current is None


def test_too_few_pictures_end_it_with_the_reason():
    current = ended(Desk().start(pictures(3), "mine", SMALL))

    assert "at least 10" in current.failed
    assert own_datasets() == ()


def test_only_one_is_under_way_at_a_time(monkeypatch):
    go_on, desk = stuck(monkeypatch), Desk()
    first = desk.start([], "first", SMALL)

    with pytest.raises(LabError, match="first is being taken in"):
        desk.start([], "second", SMALL)
    desk.clear()
    assert desk.current is first

    go_on.set()
    ended(first)
    desk.clear()
    assert desk.current is None


def test_it_stops_when_asked_and_says_so(monkeypatch):
    go_on, desk = stuck(monkeypatch), Desk()
    current = desk.start([], "mine", SMALL)
    current.stopping.set()
    go_on.set()

    assert ended(current).failed == "mine was stopped; nothing of it was kept."


@pytest.mark.parametrize("fault", [RuntimeError("a fault"), MemoryError(), KeyError("x")])
def test_a_fault_nobody_expected_ends_it_too(monkeypatch, fault, caplog):
    def add(source, name, settings):
        yield Progress(0, 10, 0)
        raise fault

    monkeypatch.setattr(intake, "add_own", add)
    desk = Desk()
    current = ended(desk.start([], "mine", SMALL))

    assert f"a fault of the lab ({type(fault).__name__}" in current.failed
    assert "The intake of mine failed" in caplog.text
    desk.start([], "next", SMALL)


def test_an_intake_without_a_result_has_ended(monkeypatch):
    monkeypatch.setattr(intake, "add_own", lambda source, name, settings: iter([Progress(0, 10, 0)]))

    assert "was broken off" in ended(Desk().start([], "mine", SMALL)).failed


def test_a_thread_that_cannot_be_started_leaves_nothing_under_way(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    desk = Desk()
    with pytest.raises(RuntimeError):
        desk.start(pictures(12), "mine", SMALL)
    assert desk.current is None


def test_the_time_left_follows_from_the_time_taken(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(intake.time, "monotonic", lambda: now[0])
    current = Intake("mine", began=100.0)
    assert current.seconds_left is None

    current.progress = Progress(100, 400, 0)
    now[0] = 101.0
    assert current.seconds_left is None  # too early to tell
    now[0] = 110.0
    assert current.seconds_left == 30.0
