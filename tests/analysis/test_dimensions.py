"""Methods side by side: each fitted on training images and measured on test images, and what t-SNE cannot do."""

import json
import subprocess
import sys
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest

from aecore import places
from aecore.analysis.baselines import fit_pca
from aecore.analysis.dimensions import Coder, Comparison, Row, dimensions, tasks
from aecore.analysis.neighbours import Neighbourhoods
from aecore.analysis.trained import as_floats, encode
from aecore.errors import RunError, SettingError

GREY, COLOUR = (1, 28, 28), (3, 20, 24)


class Halves:
    """In the place of UMAP: the means of as many stripes of the image as numbers are asked for."""

    met: ClassVar = []

    def __init__(self, n_components, **others):
        self.size = n_components

    def fit(self, images):
        Halves.met.append(images)
        return self

    def transform(self, images):
        return np.stack([each.mean(1) for each in np.array_split(images, self.size, axis=1)], axis=1)


@pytest.fixture(autouse=True)
def _without_the_compiler(monkeypatch):
    """numba compiles for half a minute in every process; the real UMAP has a test of its own."""
    stand_in = ModuleType("umap")
    stand_in.UMAP = Halves
    monkeypatch.setitem(sys.modules, "umap", stand_in)
    monkeypatch.setattr(Halves, "met", [])


@pytest.mark.parametrize("shape", [GREY, COLOUR], ids=str)
def test_every_method_has_a_row_for_every_size(splits, shape):
    rows = list(dimensions(splits(shape), sizes=(2, 8), measured=60, fitted=100))
    assert [(each.method, each.size) for each in rows] == [
        ("Pixels", np.prod(shape)),
        *((method, size) for method in ("PCA", "UMAP", "t-SNE") for size in (2, 8)),
    ]
    assert all(0 <= each.accuracy <= 1 and 0 < each.trustworthiness <= 1 for each in rows[:-1])


def test_t_sne_is_not_offered_where_its_fast_algorithm_ends_and_says_why(splits):
    *_, two, eight = dimensions(splits(GREY), sizes=(2, 8), measured=60)
    assert eight == Row("t-SNE", 8, note="Not offered: its fast algorithm goes up to 3 numbers.")
    assert "places the measured images themselves" in two.note
    assert two.fitted_on == 60


def test_what_can_place_new_images_is_fitted_on_training_images_and_measured_on_test_images(splits):
    data = splits(GREY)
    _, pca, umap, _ = dimensions(data, sizes=(2,), measured=0, fitted=0)
    assert pca.fitted_on == umap.fitted_on == 400
    (fitted,) = Halves.met
    assert np.array_equal(fitted, data.train.images.reshape(400, -1) / np.float32(255))
    codes = fit_pca(data.train, 2).encode(as_floats(data.test.images)).numpy()
    assert pca.trustworthiness == Neighbourhoods(data.test).measure(codes).trustworthiness


def test_a_trained_autoencoder_is_measured_by_its_codes_at_its_own_size(make):
    trained = make("simple", bottleneck__code_size=5)
    row = list(dimensions(trained.splits, [Coder("Simple", trained, "trained a little", 1.5)], (2,), 60))[-1]
    codes = encode(trained, Neighbourhoods(trained.splits.test).images.images)
    assert len(codes) == 100
    assert (row.method, row.size, row.fitted_on, row.note, row.seconds) == ("Simple", 5, 400, "trained a little", 1.5)
    whole = list(dimensions(trained.splits, [Coder("Simple", trained)], (), 0))[-1]
    assert whole.trustworthiness == Neighbourhoods(trained.splits.test).measure(codes).trustworthiness


def test_the_same_question_has_the_same_answer(splits):
    def answers():
        rows = dimensions(splits(COLOUR), sizes=(2,), measured=60)
        return [(each.accuracy, each.trustworthiness) for each in rows]

    assert answers() == answers()


def test_nothing_is_computed_before_it_is_asked_for(splits):
    found = tasks(splits(GREY), sizes=(2, 8), measured=60)
    assert [each.title for each in found] == [
        "Pixels as they are",
        *(f"{method}, {size} numbers" for method in ("PCA", "UMAP", "t-SNE") for size in (2, 8)),
    ]
    assert Halves.met == []
    found[3].run()
    assert len(Halves.met) == 1


def test_images_without_classes_have_trustworthiness_alone(splits):
    rows = list(dimensions(splits(GREY, labelled=False), sizes=(2,), measured=60))
    assert {each.accuracy for each in rows} == {None}
    assert all(each.trustworthiness for each in rows)


def test_more_numbers_than_there_are_directions_are_said(splits):
    rows = dimensions(splits((1, 9, 7)), sizes=(500,), measured=60)
    assert next(each for each in rows if each.method == "PCA").note == "There are only 63 directions."


def test_rows_survive_the_way_through_json(splits):
    made = Comparison(tuple(dimensions(splits(GREY), sizes=(2,), measured=60)), "blobs", 60)
    assert Comparison.from_dict(json.loads(json.dumps(made.to_dict()))) == made


def test_a_code_of_no_number_is_refused(splits):
    with pytest.raises(SettingError, match="Codes of 0 numbers hold nothing: choose sizes from 1"):
        tasks(splits(GREY), sizes=(2, 0))


def test_a_model_in_training_mode_is_not_measured(make):
    trained = make("simple")
    trained.composition.model.train()
    with pytest.raises(RunError, match=r"call model\.eval"):
        tasks(trained.splits, [Coder("Simple", trained)], (2,), 60)


REAL = """
import sys
import numpy as np
from aecore.analysis import dimensions
from tests.made_up import made_up_splits

splits = made_up_splits((1, 8, 8), train=24, rest=24)
*_, umap = (task for task in dimensions.tasks(splits, sizes=(2,)) if task.title.startswith("UMAP"))
print(umap.run())
print("umap" in sys.modules)
"""


def test_umap_itself_tells_made_up_classes_apart_on_images_that_it_has_not_met():
    """In a process without numba's compiler: interpreted, two dozen images take less time than compiling does."""
    environment = {**places.child_environment(), "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", REAL], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "method='UMAP', size=2" in done.stdout
    row = eval(done.stdout.splitlines()[0], {"Row": Row})
    assert row.accuracy > 0.5  # by chance 0.25
    assert row.fitted_on == 24
