"""What a data set looks like: means and examples of its classes, its pictures page by page."""

import numpy as np
import pytest

from aecore.analysis import datasets
from aecore.analysis.datasets import class_examples, class_means, picture_page
from aecore.data.image_set import ImageSet, Splits
from aecore.errors import DataError

SHAPE = (3, 20, 24)


def flat_images(levels, labels=None, names=()) -> ImageSet:
    """Pictures of one level each."""
    images = np.broadcast_to(np.array(levels, np.uint8)[:, None, None, None], (len(levels), *SHAPE)).copy()
    return ImageSet(images, None if labels is None else np.array(labels, np.int64), tuple(names), title="Flat")


@pytest.fixture
def given(monkeypatch):
    """Make `load` give a data set with these training images, and name the files of a person's own."""

    def give(train: ImageSet, files: tuple[str, ...] = ()):
        validation = flat_images([7], None if train.labels is None else [0], train.class_names)
        splits = Splits(train, validation, validation, "flat", "f")
        monkeypatch.setattr(datasets, "load", lambda name: splits)
        monkeypatch.setattr(datasets, "file_names", lambda name: files)

    return give


def levels(images) -> list[int]:
    return [int(each[0, 0, 0]) for each in images]


def test_a_mean_is_that_of_its_class(given):
    given(flat_images([10, 20, 200], [0, 0, 1], ("dark", "bright")))

    dark, bright = class_means("flat")

    assert (dark.name, dark.count, levels([dark.mean])) == ("dark", 2, [15])
    assert (bright.name, bright.count, levels([bright.mean])) == ("bright", 1, [200])
    assert dark.mean.shape == SHAPE
    assert dark.mean.dtype == np.uint8


def test_without_classes_there_is_one_mean_of_everything(given):
    given(flat_images([10, 20, 30]))

    (everything,) = class_means("flat")

    assert (everything.name, everything.count, levels([everything.mean])) == ("All", 3, [20])


def test_only_the_classes_asked_for_are_averaged_and_those_without_images_are_left_out(given):
    given(flat_images([1, 2, 3], [0, 1, 3], ("a", "b", "none", "d")))

    assert [each.name for each in class_means("flat")] == ["a", "b", "d"]
    assert [each.name for each in class_means("flat", [1, 2])] == ["b"]
    assert [each.name for each in class_examples("flat", 5, classes=[1, 2])] == ["b"]


def test_large_classes_are_averaged_over_a_sample_that_says_how_large_it_is(given, monkeypatch):
    monkeypatch.setattr(datasets, "MOST_AVERAGED", 2)
    given(flat_images([10, 20, 30]))
    assert class_means("flat")[0].averaged == 2

    monkeypatch.setattr(datasets, "MOST_AVERAGED_BYTES", 1)
    assert class_means("flat")[0].averaged == 1


def test_examples_are_of_their_class_and_another_draw_gives_others(given):
    given(flat_images(range(100), [n // 50 for n in range(100)], ("low", "high")))

    low, high = class_examples("flat", 6)

    assert (low.name, high.name) == ("low", "high")
    assert len(set(levels(low.images))) == 6
    assert max(levels(low.images)) < 50 <= min(levels(high.images))
    np.testing.assert_array_equal(class_examples("flat", 6)[0].images, low.images)
    assert levels(class_examples("flat", 6, draw=1)[0].images) != levels(low.images)


def test_pages_together_hold_every_picture_once_in_order(given):
    given(flat_images(range(7), [0, 1, 0, 1, 0, 1, 0], ("even", "odd")))

    pages = [picture_page("flat", "train", number=number, size=3) for number in (1, 2, 3)]

    assert [levels(each.images) for each in pages] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [each.first for each in pages] == [0, 3, 6]
    assert {(each.total, each.pages) for each in pages} == {(7, 3)}
    assert pages[0].classes == ("even", "odd", "even")


def test_a_page_of_one_class_holds_only_that(given):
    given(flat_images(range(7), [0, 1, 0, 1, 0, 1, 0], ("even", "odd")))

    page = picture_page("flat", "train", label=1, size=2, number=2)

    assert (levels(page.images), page.first, page.total, page.pages) == ([5], 2, 3, 2)


@pytest.mark.parametrize(("number", "shown"), [(0, [0, 1]), (-3, [0, 1]), (9, [2])])
def test_a_page_that_does_not_exist_is_the_nearest_that_does(given, number, shown):
    given(flat_images(range(3)))
    assert levels(picture_page("flat", "train", number=number, size=2).images) == shown


def test_an_empty_class_is_one_empty_page(given):
    given(flat_images([1], [0], ("one", "none")))

    page = picture_page("flat", "train", label=1)

    assert (len(page.images), page.total, page.pages) == (0, 0, 1)


def test_files_are_named_in_each_part(given):
    given(flat_images([1, 2]), files=("a.png", "b.png", "c.png", "d.png"))

    parts = [picture_page("flat", part).files for part in ("train", "validation", "test")]

    assert parts == [("a.png", "b.png"), ("c.png",), ("d.png",)]


def test_pictures_whose_names_are_lost_can_still_be_looked_at(given, monkeypatch):
    given(flat_images([1, 2]))

    def lost(name):
        raise DataError("names.json is missing")

    monkeypatch.setattr(datasets, "file_names", lost)
    assert (levels(picture_page("flat", "train").images), picture_page("flat", "train").files) == ([1, 2], ())


def test_a_part_or_class_that_does_not_exist_is_refused(given):
    given(flat_images([1, 2]))
    with pytest.raises(DataError, match="no part 'rest': choose one of train, validation, test"):
        picture_page("flat", "rest")
    with pytest.raises(DataError, match="Flat has no classes"):
        picture_page("flat", "train", label=0)
