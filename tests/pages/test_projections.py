"""The plane of the Latent space page: what is there, what is on its way, and what is wrong with a projection."""

import json

import jaxtyping
import numpy as np
import pytest

from aecore import places
from aecore.analysis.trained import encode
from aecore.experiments.store import Experiments, make_task
from aecore.jobs.foreground import experiment_here
from aecore.runs.folder import CHECKPOINT
from aecore.runs.kept_projections import FILES, list_projections, read_projection
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from pages.shared import latent_scenes, projections
from tests.pages.oblong import NAME, PARTS, checked, errors, make_oblong, open_page, sentences, train
from tests.pages.test_latent_space import scene, under_way

T_SNE = "t-sne"
SMALL = {"method": T_SNE, "perplexity": 5.0, "images": 50, "split": "all"}
FILE = FILES[1]


def made(runs, run, **changes):
    return Experiments(runs.root).create(
        make_task("projection", NAME, {**SMALL, "run": run.id, **changes}), None, "cpu"
    )


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Runs with codes of four and of two numbers; the first keeps a t-SNE of 50 images of all parts."""
    make_oblong()
    runs = Runs(tmp_path_factory.mktemp("projections") / "runs")
    trained = {size: train(runs, "simple", "Run", epochs=1, **{"bottleneck.code_size": size}) for size in (4, 2)}
    list(experiment_here(made(runs, trained[4])))
    return {size: runs.export_zip(run.id) for size, run in trained.items()}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture(autouse=True)
def _as_the_lab_runs(monkeypatch):
    """See tests/analysis/test_export.py for the shapes; threads would add to what is shown at any time."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    monkeypatch.setattr(latent_scenes, "in_background", lambda work: None)


@pytest.fixture
def started(monkeypatch):
    """The jobs that the page started, none of which runs."""
    jobs = []
    monkeypatch.setattr(projections, "start", jobs.append)
    return jobs


@pytest.fixture
def run(runs, lab):
    return runs.import_zip(lab[4])


@pytest.fixture
def bare(run):
    """The same run without a projection."""
    (run.kept_folder(None) / FILE).unlink()
    return run


def shown(run, plane=T_SNE):
    return open_page("latent_space", {"latent_space.plane": plane}, run=run.id)


def labels(app) -> set[str]:
    return {each.label for each in app.button}


def press(app, label: str):
    (found,) = (each for each in app.button if each.label == label)
    return checked(found.click().run())


def shows_principal_components(app) -> bool:
    header, _ = scene(app)
    return header["inverse"] is None and header["count"] == PARTS["test"]


def test_a_code_of_two_numbers_is_its_own_plane(runs, lab):
    app = open_page("latent_space", run=runs.import_zip(lab[2]).id)
    assert not app.get("segmented_control") + app.get("button_group")
    assert scene(app)[0]["inverse"] is None


def test_principal_components_are_there_at_once(run):
    app = open_page("latent_space", run=run.id)
    assert shows_principal_components(app)
    assert "two principal components" in sentences(app)


def test_a_kept_projection_shows_exactly_its_images_and_what_the_way_back_errs(run):
    app = shown(run)
    header, arrays = scene(app)
    kept, opened = read_projection(run, T_SNE), open_run(run)
    assert (header["count"], header["movable"], header["axes"]) == (50, True, ["t-SNE 1", "t-SNE 2"])
    assert header["inverse"]["neighbours"] == 8
    np.testing.assert_array_equal(arrays["ids"], kept.indices)
    np.testing.assert_array_equal(arrays["points"], kept.plane)
    np.testing.assert_array_equal(arrays["score.inverse_error"], kept.inverse_error)
    images = opened.splits.take(kept.indices)
    np.testing.assert_array_equal(arrays["pictures"], images.images)
    np.testing.assert_array_equal(arrays["labels"], images.labels)
    np.testing.assert_allclose(arrays["codes"], encode(opened, images.images), atol=1e-5)
    codes = arrays["codes"]
    expected = np.linalg.norm(codes - codes.mean(0), axis=1).mean()
    assert header["inverse"]["mean_code_error"] == pytest.approx(expected, rel=1e-4)
    said = sentences(app)
    assert "t-SNE of 50 images, perplexity 5; made in" in said
    assert "50 of 340 images as the encoder places them" in said
    assert f"trustworthiness of {kept.about.measures['trustworthiness']:.3f}" in said


def test_images_of_one_part_are_counted_behind_the_parts_before(runs, bare):
    list(experiment_here(made(runs, bare, split="test", images=0)))
    ids = scene(shown(bare))[1]["ids"]
    assert ids.tolist() == list(range(PARTS["train"] + PARTS["validation"], sum(PARTS.values())))


def test_without_a_projection_the_job_is_started_with_what_was_chosen(bare, started):
    app = shown(bare)
    assert shows_principal_components(app)
    app.number_input(key="latent_space.t-sne.perplexity").set_value(7.0)
    app.number_input(key="latent_space.t-sne.images").set_value(30)
    checked(app.run())
    assert "on this machine, as busy as it is now" in sentences(app)
    press(app, "Make the t-SNE projection")
    (job,) = started
    settings = job.task().settings
    assert (settings.run, settings.method, settings.perplexity, settings.images) == (bare.id, T_SNE, 7.0, 30)
    assert job.task().dataset == NAME


def test_too_few_images_are_refused_before_anything_is_started(bare, started):
    app = shown(bare)
    assert "60 images, too few for perplexity 30: take at least 92" in errors(app)[0]
    assert "Make the t-SNE projection" not in labels(app)
    assert shows_principal_components(app)


def running(job):
    progress = {"done": 0.4, "message": "iteration 300 of 750", "seconds_left": 90}
    (job.path / "status.json").write_text(json.dumps({"state": "running", "progress": progress}))


def test_a_job_under_way_is_followed_beside_the_principal_components_and_stopped(runs, bare):
    job = made(runs, bare)
    running(job)
    with job.hold():
        app = shown(bare)
        assert "t-SNE is being made." in sentences(app)
        (bar,) = app.get("progress")
        assert bar.proto.text == "iteration 300 of 750, about 2 min left"
        assert shows_principal_components(app)
        press(app, "Stop")
        assert (job.path / "stop").exists()


def test_another_run_or_method_has_jobs_of_its_own(runs, bare, lab):
    job = made(runs, runs.import_zip(lab[2]))
    running(job)
    other = made(runs, bare, method="umap")
    running(other)
    with job.hold(), other.hold():
        assert "Stop" not in labels(shown(bare))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"state": "stopped"}, "The last one was stopped and left nothing"),
        ({"state": "failed", "message": "The disk is full."}, "The last one failed: The disk is full."),
    ],
)
def test_a_job_that_ended_without_result_says_why_and_can_be_started_again(runs, bare, started, state, sentence):
    job = made(runs, bare)
    (job.path / "status.json").write_text(json.dumps(state))
    app = shown(bare)
    assert sentence in sentences(app)
    for name in ("perplexity", "images"):
        app.number_input(key=f"latent_space.t-sne.{name}").set_value(SMALL[name])
    checked(app.selectbox(key="latent_space.t-sne.split").set_value("all").run())
    press(app, "Make the t-SNE projection")
    assert [each.id for each in started] == [job.id]


def test_other_weights_make_it_outdated(runs, run):
    further = train(runs, "simple", "Further", epochs=2)
    (further.path / CHECKPOINT).replace(run.path / CHECKPOINT)
    app = shown(run)
    assert "The projection by t-sne is of other weights than the run has now" in sentences(app)
    assert shows_principal_components(app)


def test_a_damaged_file_gets_a_sentence_and_can_be_deleted(run):
    (run.kept_folder(None) / FILE).write_bytes(b"no projection")
    app = shown(run)
    assert f"{FILE} is damaged" in sentences(app)
    assert shows_principal_components(app)
    press(app, "Delete the t-SNE projection")
    assert list_projections(run) == ()


def test_a_kept_one_is_deleted(run):
    app = press(shown(run), "Delete the t-SNE projection")
    assert list_projections(run) == ()
    assert shows_principal_components(app)
    assert errors(app) == ["There are 60 images, too few for perplexity 30: take at least 92, or other images."]


def test_images_that_have_changed_since_get_a_sentence(run):
    path = run.kept_folder(None) / FILE
    content = path.read_bytes()
    fingerprint = read_projection(run, T_SNE).about.data.encode()
    path.write_bytes(content.replace(fingerprint, b"x" * len(fingerprint)))
    app = shown(run)
    assert "The projection by t-SNE is of other images than the data set holds now" in errors(app)[0]


def test_a_run_under_way_is_projected_when_it_has_ended(bare, started):
    under_way(bare)
    app = shown(bare)
    assert "project them when it has ended" in sentences(app)
    assert "Make the t-SNE projection" not in labels(app)
