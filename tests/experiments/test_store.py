"""The folder of all experiments: what is deleted is gone, what is under way or ships stays."""

import pytest

from aecore.errors import RunError
from aecore.experiments.store import Experiments, make_task
from tests.runs.tiny import NAME


@pytest.fixture
def store(tmp_path):
    return Experiments(tmp_path, shipped=tmp_path / "shipped")


def made(store):
    return store.create(make_task("dimensions", NAME))


def test_a_deleted_experiment_leaves_nothing_behind_and_the_others_as_they_are(store):
    gone, kept = made(store), made(store)
    (gone.path / "simple-2.safetensors").write_bytes(b"weights")

    assert store.delete(gone.id) == gone.id

    assert [each.id for each in store.list()] == [kept.id]
    assert [each.name for each in store.root.iterdir()] == [kept.id]


def test_an_experiment_that_is_under_way_is_not_deleted(store):
    experiment = made(store)
    with experiment.hold(), pytest.raises(RunError, match="is under way: stop it before you delete it"):
        store.delete(experiment.id)
    assert store.list()[0].results() == []


def test_what_a_deletion_left_behind_is_no_experiment_and_goes_with_the_next(store):
    gone, left = made(store), made(store)
    left.path.rename(store.root / ".deleted-0123")
    assert [each.id for each in store.list()] == [gone.id]

    store.delete(gone.id)

    assert list(store.root.iterdir()) == []


def test_a_word_that_means_none_or_several_deletes_nothing(store):
    first, _ = made(store), made(store)
    for word, count in (("nothing", 0), (first.id[:4], 2), ("", 0), ("..", 0)):
        with pytest.raises(RunError, match=f"means {count} experiments"):
            store.delete(word)
    assert len(store.list()) == 2
