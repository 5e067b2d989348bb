"""Which step belongs to which chapter, and what an epoch is made of."""

import pytest

from aecore.schemes.scheme import WHOLE, Chapter
from aecore.training.timeline import LEAST_STEPS, Feed, Timeline

FEW = (Chapter("all", "", 0.5), Chapter("head", "", 0.1, images=40), Chapter("tune", "", 0.4, images=40))


def owners(timeline: Timeline, epochs: int) -> list[list[str]]:
    """The chapters met in each epoch, in their order."""
    return [
        list(dict.fromkeys(timeline.chapter(timeline.done(epoch, step))[0].key for step in range(steps)))
        for epoch, steps in ((epoch, timeline.feed(epoch).steps) for epoch in range(epochs))
    ]


def test_one_chapter_goes_from_0_at_the_first_step_to_1_at_the_last():
    timeline = Timeline((WHOLE,), epochs=3, count=100, batch_size=32)
    assert timeline.feed(2) == Feed(images=0, batch_size=32, passes=1, steps=3)
    assert timeline.steps == 9
    assert [timeline.done(0, 0), timeline.done(1, 1), timeline.done(2, 2)] == [0, 4 / 8, 1]
    assert timeline.chapter(1.0) == (WHOLE, 1.0)
    assert timeline.seen(2, 1) == 7 * 32


def test_chapters_that_see_every_image_may_change_within_an_epoch():
    timeline = Timeline((Chapter("a", "", 0.5), Chapter("b", "", 0.5)), epochs=1, count=100, batch_size=10)
    assert owners(timeline, 1) == [["a", "b"]]
    assert timeline.chapter(0.75) == (Chapter("b", "", 0.5), 0.5)


def test_with_few_images_every_epoch_belongs_to_one_chapter():
    timeline = Timeline(FEW, epochs=10, count=1000, batch_size=10)
    assert owners(timeline, 10) == [["all"]] * 5 + [["head"]] + [["tune"]] * 4


def test_an_epoch_over_few_images_goes_over_them_until_it_has_enough_steps():
    timeline = Timeline(FEW, epochs=10, count=1000, batch_size=10)
    assert timeline.feed(0) == Feed(0, 10, 1, 100)
    assert timeline.feed(9) == Feed(40, 10, 13, 52)
    assert LEAST_STEPS <= timeline.feed(9).steps < LEAST_STEPS + 4
    assert timeline.images == 5 * 1000 + 5 * 520
    assert timeline.seen(6, 2) == 5 * 1000 + 520 + 20


def test_every_chapter_runs_through_its_schedule_from_beginning_to_end():
    timeline = Timeline(FEW, epochs=10, count=1000, batch_size=10)
    for first, last in ((0, 4), (5, 5), (6, 9)):
        assert timeline.chapter(timeline.done(first, 0))[1] == pytest.approx(0.0, abs=1e-9)
        assert timeline.chapter(timeline.done(last, timeline.feed(last).steps - 1))[1] == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(("epochs", "expected"), [(1, ["head"]), (2, ["all", "tune"]), (3, ["all", "head", "tune"])])
def test_too_few_epochs_for_all_chapters_go_to_those_in_the_middle_of_each(epochs, expected):
    chapters = (Chapter("all", "", 0.35), Chapter("head", "", 0.3, 40), Chapter("tune", "", 0.35, 40))
    timeline = Timeline(chapters, epochs, count=1000, batch_size=10)
    assert [key for (key,) in owners(timeline, epochs)] == expected


def test_a_subset_as_large_as_the_data_is_all_of_them():
    assert Feed.of(Chapter("tune", "", 1.0, images=1000), 1000, 10) == Feed(0, 10, 1, 100)


def test_the_automatic_batch_is_that_of_the_images_of_the_chapter():
    assert Feed.of(Chapter("tune", "", 1.0, images=10), 1000, 0) == Feed(10, 10, 50, 50)
    assert Feed.of(Chapter("tune", "", 1.0, images=1), 1000, 256) == Feed(1, 1, 50, 50)
