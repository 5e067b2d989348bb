"""A latent space in one file: what is in it, how large it is, and what is refused."""

import json
import re

import jaxtyping
import pytest

from aecore.analysis.bundle import WASM_BLOCK
from aecore.analysis.takeaway import about_size, takeaway
from aecore.errors import LabError, RunError


@pytest.fixture(autouse=True)
def _shapes_unchecked(monkeypatch):
    """See tests/analysis/test_export.py: encoders are exported."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture(scope="module")
def dense(make):
    return make(bottleneck__code_size=2)


@pytest.fixture(scope="module")
def convolutional(make):
    return make("convolutional", shape=(3, 20, 24), bottleneck__code_size=3)


def said(content, place="lab-header"):
    return json.loads(re.search(rf'id="{place}">(.*?)</script>', content.decode(), re.DOTALL)[1])


def test_a_dense_decoder_travels_without_a_runtime_and_any_other_with_it(dense, convolutional):
    assert f'data-block="{WASM_BLOCK}"'.encode() not in takeaway(dense)
    assert f'data-block="{WASM_BLOCK}"'.encode() in takeaway(convolutional)


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
def test_its_size_is_known_before_it_is_made(request, kind):
    trained = request.getfixturevalue(kind)
    assert len(takeaway(trained)) == pytest.approx(about_size(trained), rel=0.1, abs=100_000)


def test_fewer_pictures_make_a_smaller_file(dense):
    assert len(takeaway(dense, pictures=2)) < len(takeaway(dense, pictures=80)) - 1000


def test_it_says_what_it_is(dense):
    header = said(takeaway(dense, "My <run>", points=50))
    assert "Each of 50 points is the code of one image of the test split." in header["about"]
    assert header["run"].startswith("My <run>, ")
    assert header["licence"] == "blobs, licence: not stated."


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"points": 1}, "2 to 70,000 points, not 1"),
        ({"points": 70_001}, "not 70,001"),
        ({"pictures": 1}, "not 1: a walk needs two"),
        ({"points": 10, "pictures": 11}, "Of 10 points 2 to 10 have a picture, not 11"),
        ({"split": "all"}, "no split 'all'"),
    ],
)
def test_numbers_that_do_not_fit_are_refused_in_words(dense, numbers, words):
    with pytest.raises(LabError, match=re.escape(words)):
        takeaway(dense, **numbers)


def test_without_an_encoder_the_map_is_of_what_the_model_draws(make):
    gan = make("gan", shape=(1, 8, 8))
    made = takeaway(gan, points=50)
    assert "Each of 50 points is a code that was drawn." in said(made)["about"]
    assert len(made) == pytest.approx(about_size(gan, points=50), rel=0.1, abs=100_000)


def test_a_model_that_neither_encodes_nor_draws_has_no_map_to_take_away(make):
    for ask in (takeaway, about_size):
        with pytest.raises(RunError, match="no distribution"):
            ask(make("srcnn", shape=(1, 8, 8)))
