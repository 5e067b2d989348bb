"""Projections from the shell."""

import pytest

from aecore.runs.kept_projections import read_projection

SMALL = ["--method", "t-sne", "--images", "0", "--split", "all", "--set", "perplexity=5"]


def test_a_run_is_projected_and_the_measures_are_the_answer(lab, trained):
    document = lab.json("project", trained, *SMALL)

    assert (document["state"], document["experiment"], document["dataset"]) == ("finished", "projection", "colours")
    assert document["settings"]["images"] == 0
    (result,) = document["results"]
    assert (result["run"], result["method"], result["images"]) == (trained, "t-sne", 60)
    kept = read_projection(lab.runs.get(trained), "t-sne")
    assert kept.about.measures["trustworthiness"] == result["trustworthiness"]


def test_measures_stand_beside_their_baselines(lab, trained):
    said = lab("project", trained, *SMALL)

    assert said.status == 0, said.err
    lines = said.out.splitlines()
    assert any(line.startswith("trustworthiness") and line.endswith("PCA") for line in lines)
    assert any(line.startswith("inverse") and line.endswith("mean code") for line in lines)


def test_it_is_left_to_the_background_and_stopped(lab, trained):
    document = lab.json("project", trained, "--images", "0", "--split", "all", "--background")
    assert document["state"] in ("queued", "running")

    stopped = lab.json("project", trained, "--images", "0", "--split", "all", "--stop")

    assert (stopped["id"], stopped["state"]) == (document["id"], "stopped")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["project", "nothing"], "There is no run 'nothing'"),
        (["project", "RUN", "--method", "pca"], "method is 'pca': choose one of umap, t-sne"),
        (["project", "RUN", "--split", "tests"], "split is 'tests'"),
        (["project", "RUN", "--images", "-1"], "images is -1"),
        (["project", "RUN", "--set", "warmth=3"], "no setting 'warmth'"),
        (["project", "RUN", "--method", "t-sne"], "6 images, too few for perplexity 30: take at least 92"),
        (["project", "RUN", "--stop"], "No experiment with these settings is under way"),
    ],
)
def test_what_cannot_be_is_refused(lab, trained, words, sentence):
    said = lab(*[trained if word == "RUN" else word for word in words])
    assert said.status == 1
    assert sentence in said.err
