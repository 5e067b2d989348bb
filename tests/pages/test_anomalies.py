"""Anomalies: what travels to the bench, what is said of it, uploads with their numbers, and the comparison."""

import csv
import io
import json

import numpy as np
import pytest

from aecore import places
from aecore.analysis.anomalies.bench import OTHER_CLASSES, make_bench
from aecore.analysis.anomalies.detector import fit_detector
from aecore.analysis.anomalies.flags import draw_line, flag_pictures, moved, take_picture
from aecore.errors import DataError
from aecore.experiments.store import make_task
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.hostile import encoded, make_corpus
from tests.pages.oblong import (
    NAME,
    checked,
    errors,
    lines_of,
    make_oblong,
    matrices,
    open_page,
    sentences,
    tables,
    train,
)
from tests.pages.test_packing import unpack

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff")


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    make_oblong()
    runs = Runs(tmp_path_factory.mktemp("anomalies") / "runs")
    return {
        "two": runs.export_zip(train(runs, "simple", "Two quarters", classes=(0, 2)).id),
        "all": runs.export_zip(train(runs, "simple", "All quarters").id),
    }


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def two(runs, archives):
    return runs.import_zip(archives["two"])


def fitted(run):
    """The page after the button that fits the scores."""
    app = open_page("anomalies", run=run.id)
    return checked(app.button(key="anomalies.fit").click().run())


def bench_of(app):
    (component,) = app.get("bidi_component")
    return unpack(component.proto.bytes)


def test_without_a_run_the_page_says_what_to_do(runs):
    assert "Train a model" in open_page("anomalies").info[0].value


def test_nothing_is_computed_before_it_is_asked_for(two):
    app = open_page("anomalies")
    assert not app.get("bidi_component")
    assert "Normal: the classes class 0, class 2 of oblong" in sentences(app)


def test_the_bench_gets_scores_and_pictures_of_both_kinds_and_the_quantile_with_its_band(two):
    header, arrays = bench_of(fitted(two))
    opened = open_run(two)
    detector = fit_detector(opened)
    bench = make_bench(detector, opened, OTHER_CLASSES)
    line, band = draw_line(detector)
    normal = len(bench.normal)
    assert arrays["scores"] == pytest.approx(
        np.r_[bench.normal_scores["together"], bench.anomalous_scores["together"]], rel=1e-5, abs=1e-5
    )
    assert arrays["anomalous"].tolist() == [0] * normal + [1] * len(bench.anomalous)
    assert np.array_equal(arrays["pictures"][0], bench.normal.images[0])
    assert header["threshold"] == pytest.approx(line.threshold)
    assert header["band"] == [pytest.approx(band.low), None]  # too few images for an upper end
    assert {header["names"][label] for label in arrays["labels"][:normal]} == {"class 0", "class 2"}


def test_what_the_scores_are_worth_and_whether_the_model_beats_the_baselines_is_said(two):
    app = fitted(two)
    said = sentences(app)
    assert "Of the model's own scores the best here is" in said
    assert "whatever the distribution (order statistics)" in said
    assert "So few normal images give no upper end" in said
    (table,) = (each for each in tables(app) if ("Reconstruction error", "squared error, summed over pixels") in each)
    opened = open_run(two)
    bench = make_bench(fit_detector(opened), opened, OTHER_CLASSES)
    auroc, precision = table["PCA residual (baseline)", "squared error, summed over pixels"]
    found = bench.ranking("pca_residual")
    assert (auroc, precision) == (f"{100 * found.auroc:.1f}", f"{100 * found.average_precision:.1f}")


def test_with_normal_images_alone_there_is_a_quantile_and_no_ranking(runs, archives):
    run = runs.import_zip(archives["all"])
    app = fitted(run)
    checked(app.selectbox(key=f"anomalies.{run.id}.against").set_value("none").run())
    _, arrays = bench_of(app)
    assert not arrays["anomalous"].any()
    assert "No anomalies are known here" in sentences(app)


def test_choices_travel_to_the_bench(two):
    app = fitted(two)
    scope = f"anomalies.{two.id}"
    app.selectbox(key=f"{scope}.score").set_value("squared_error")
    app.slider(key=f"{scope}.quantile").set_value(80.0)
    app.number_input(key=f"{scope}.miss").set_value(5.0)
    checked(app.run())
    header, _ = bench_of(app)
    _, band = draw_line(fit_detector(open_run(two)), "squared_error", 0.8)
    assert header["unit"] == "squared error, summed over pixels"
    assert header["threshold"] == pytest.approx(band.threshold)
    assert header["prices"] == [1.0, 5.0]
    code = "\n".join(lines_of(app))
    assert f"python -m aecore score {two.id} picture.png --score squared_error --quantile=0.8" in code


def test_uploads_have_the_numbers_of_the_shell_and_a_sentence_for_each_that_is_no_picture(two):
    app = open_page("anomalies")
    files = [("fine.png", encoded("PNG"), "image/png"), ("bad.png", b"hello there, this is text", "image/png")]
    checked(app.file_uploader(key="anomalies.files").set_value(files).run())
    detector = fit_detector(open_run(two))
    line, _ = draw_line(detector)
    (flag,) = flag_pictures(detector, [take_picture("fine.png", encoded("PNG"), detector.shape, "crop")], line)
    (shown,) = matrices(app)
    assert shown["Flag"] == ["flagged" if flag.flagged else "passed"]
    assert shown["Percentile"] == [f"{flag.percentile:.1f}"]
    assert shown["Repaired"] == ["Reconstruction: fine.png"]
    assert shown["Nearest normal"] == ["Nearest normal image: fine.png"]
    assert errors(app) == ["bad.png: this is text: give pictures as PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF."]


def test_a_line_that_a_person_has_put_elsewhere_flags_the_uploads_too(two, monkeypatch):
    monkeypatch.setattr("pages.shared.threshold_bench.show_bench", lambda scene, *, key, on_move=None: -1e9)
    app = open_page("anomalies")
    checked(app.file_uploader(key="anomalies.files").set_value([("fine.png", encoded("PNG"), "image/png")]).run())
    (shown,) = matrices(app)
    assert shown["Flag"] == ["flagged"]
    assert "--threshold=-1000000000.0" in "\n".join(lines_of(app))


def test_a_run_that_cannot_be_fitted_says_why_with_an_upload_too(two, monkeypatch):
    def refuse(trained, progress=None):
        raise DataError("Thresholds are set by validation images, and this run has none: train one with more.")

    monkeypatch.setattr("aecore.analysis.anomalies.detector.fit_detector", refuse)
    app = open_page("anomalies")
    checked(app.file_uploader(key="anomalies.files").set_value([("fine.png", encoded("PNG"), "image/png")]).run())
    assert errors(app) == ["Thresholds are set by validation images, and this run has none: train one with more."]


# --- the comparison

SCORED = (("squared_error", 90.0, 88.0), ("gradient_neighbours", 95.0, 94.5), ("pca_residual", 91.0, 92.0))
RESULTS = [
    {
        "normal": normal, "score": score, "held_out_auroc": held_out + more, "auroc": auroc + more,
        "average_precision": 99.0, "test_images": 60, "train_images": 60, "training_seconds": 2.0,
    }
    for normal, more in (("class 0", 0.0), ("class 1", 2.0))
    for score, held_out, auroc in SCORED
]  # fmt: skip


def compared():
    app = open_page("anomalies")
    app.segmented_control(key="anomalies.view").set_value("compared")
    return checked(app.run())


def test_the_comparison_has_a_row_for_each_score_with_the_mean_over_classes(store):
    experiment = store.create(make_task("anomalies", NAME))
    (experiment.path / "results.jsonl").write_text("".join(json.dumps(each) + "\n" for each in RESULTS))
    (experiment.path / "status.json").write_text(json.dumps({"state": "finished"}))
    app = compared()
    (table,) = tables(app)
    assert table["Reconstruction error", "model"] == ["91.00", "89.00", "88.0", "90.0"]
    assert table["Gradient neighbours", "baseline"] == ["96.00", "95.50", "94.5", "96.5"]
    said = sentences(app)
    assert "Held-out images choose gradient neighbours: AUROC × 100 95.50 on test images, mean over 2 classes." in said
    assert "reconstruction error (89.00), does not beat PCA residual (93.00)" in said


def test_without_an_experiment_the_comparison_can_be_started(store):
    app = compared()
    assert "choose the settings and start one" in sentences(app)


def test_the_downloaded_table_is_safe_to_open_and_complete(two, monkeypatch):
    from tests.pages.oblong import open_page as opened_page

    kept = {}
    import streamlit as st

    monkeypatch.setattr(st, "download_button", lambda label, data, *rest, **more: kept.update({label: data}))
    app = opened_page("anomalies")
    name = "=1+1.png"
    checked(app.file_uploader(key="anomalies.files").set_value([(name, encoded("PNG"), "image/png")]).run())
    (row,) = csv.DictReader(io.StringIO(kept["Download as CSV"].decode()))
    detector = fit_detector(open_run(two))
    line, _ = draw_line(detector)
    (flag,) = flag_pictures(detector, [take_picture(name, encoded("PNG"), detector.shape, "crop")], line)
    assert row["file"] == "'=1+1.png"
    assert float(row["value"]) == flag.value
    assert {key: float(row[key]) for key in flag.scores} == pytest.approx(dict(flag.scores))
    assert moved(line, 0.0).quantile is None


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")  # the decoder remarks on damaged EXIF
def test_hostile_files_give_a_sentence_each_and_cost_none_of_the_good_ones(two, tmp_path):
    expected = make_corpus(tmp_path / "corpus")
    left = ("pipe.png", "long.png")  # no browser reads a pipe; 65 MB take long to send
    expected = {  # of other names the uploader itself refuses a file
        name: each for name, each in expected.items() if name not in left and name.lower().endswith(SUFFIXES)
    }
    files = [(name, (tmp_path / "corpus" / name).read_bytes(), "image/png") for name in expected]
    app = open_page("anomalies")
    checked(app.file_uploader(key="anomalies.files").set_value(files).run())
    good = sum(each.accepted for each in expected.values())
    said = errors(app)
    assert len(said) == len(expected) - good
    assert all(": " in each and each.endswith(".") for each in said)
    assert f"of {good} flagged" in sentences(app)
