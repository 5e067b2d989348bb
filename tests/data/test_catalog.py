"""All data sets by name, whole or cut down to classes and a number of training images."""

import subprocess
import sys

import numpy as np
import pytest

from aecore.data import catalog
from aecore.data.catalog import datasets, load
from aecore.data.image_set import ImageSet, Splits
from aecore.data.info import DatasetInfo
from aecore.errors import DataError


def rows(images):
    return {image.tobytes() for image in images.images}


def test_the_shipped_data_sets_come_first():
    assert [(info.key, info.title, info.kind) for info in datasets()][:2] == [
        ("mnist", "MNIST", "shipped"),
        ("fashion_mnist", "Fashion-MNIST", "shipped"),
    ]


def test_what_is_listed_is_what_is_loaded():
    for info in datasets():
        splits = load(info.key)
        assert splits.shape == info.shape
        assert [len(splits.train), len(splits.validation), len(splits.test)] == [info.train, info.validation, info.test]
        assert splits.test.class_names == info.class_names
        assert splits.name == info.key


def test_smaller_limits_lie_within_larger_ones_and_are_balanced():
    small, large = load("mnist", limit=100), load("mnist", limit=1000)
    assert (len(small.train), len(large.train)) == (100, 1000)
    assert rows(small.train) < rows(large.train)
    assert set(np.bincount(large.train.labels)) == {100}


@pytest.mark.parametrize(("limit", "checked"), [(0, 5_000), (10, 500), (700, 700), (20_000, 5_000)])
def test_a_limit_leaves_the_test_images_whole_and_as_many_validation_images_but_at_least_500(limit, checked):
    splits = load("mnist", limit=limit)
    assert (len(splits.validation), len(splits.test)) == (checked, 10_000)
    assert len(set(splits.validation.labels)) == 10


def test_classes_are_chosen_in_all_parts_before_the_limit():
    splits = load("fashion_mnist", classes=(9, 2), limit=30)
    for part in (splits.train, splits.validation, splits.test):
        assert set(part.labels) == {2, 9}
    assert np.bincount(splits.train.labels)[[2, 9]].tolist() == [15, 15]
    assert splits.train.class_names[9] == "Ankle boot"


def test_the_fingerprint_is_that_of_the_whole_data_set():
    assert load("mnist", classes=(3,), limit=5).fingerprint == load("mnist").fingerprint
    assert load("mnist").fingerprint != load("fashion_mnist").fingerprint


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(DataError, match=r"no data set 'minst': choose one of mnist, fashion_mnist"):
        load("minst")


def test_an_unknown_class_is_refused():
    with pytest.raises(DataError, match="has the classes 0 to 9, not 10"):
        load("mnist", classes=(1, 10))


@pytest.fixture
def one_own(monkeypatch):
    """An own data set whose class 1 is in training alone."""
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1)
    whole = ImageSet(images, np.array([0, 1, 0, 1, 0, 0]), ("cats", "dogs"), "Pets")
    parts = [whole.take(chosen) for chosen in ([0, 1, 2, 3], [4], [5])]
    info = DatasetInfo("pets", "Pets", whole.shape, 4, 1, 1, whole.class_names, "", "", "own", 6)
    monkeypatch.setattr(catalog, "own_datasets", lambda: (info,))
    monkeypatch.setattr(catalog, "load_own", lambda name: Splits(*parts, name=name, fingerprint="f"))


@pytest.mark.usefixtures("one_own")
def test_own_data_sets_are_listed_and_loaded_like_any_other():
    assert datasets()[-1].key == "pets"
    assert len(load("pets", limit=2).train) == 2


@pytest.mark.usefixtures("one_own")
def test_classes_that_leave_a_part_empty_are_refused():
    with pytest.raises(DataError, match="No validation images are left of Pets: choose more classes"):
        load("pets", classes=(1,))


def test_listing_needs_no_torch_and_no_picture_library():
    program = "import sys; from aecore.data.catalog import datasets; datasets(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"
