"""Reconstruct: what is shown of a run, in which order, with which numbers, on pictures of any size."""

import numpy as np
import pytest

from aecore import places
from aecore.analysis import baselines
from aecore.analysis.evaluate import evaluate
from aecore.analysis.reconstruct import image_errors, pick_images, reconstruct
from aecore.errors import DataError
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.pages.oblong import (
    SHAPE,
    checked,
    errors,
    htmls,
    lines_of,
    make_oblong,
    matrices,
    open_page,
    sentences,
    tables,
    train,
    write_picture,
)

ORDER = ["Original", "Corrupted", "Reconstruction", "Error map", "Squared error", "PCA", "Squared error of PCA"]


@pytest.fixture(scope="session")
def _trained(tmp_path_factory):
    make_oblong()
    runs = Runs(tmp_path_factory.mktemp("reconstruct") / "runs")
    return {
        "plain": runs.export_zip(train(runs, "variational", "Plain").id),
        "noisy": runs.export_zip(train(runs, "denoising", "Noisy", **{"corruption.noise_std": 0.3}).id),
    }


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def plain(runs, _trained):
    return runs.import_zip(_trained["plain"])


@pytest.fixture
def noisy(runs, _trained):
    return runs.import_zip(_trained["noisy"])


def key(run, name):
    return f"reconstruct.{run.id}.{name}"


def test_without_a_run_the_page_says_what_to_do(runs):
    app = open_page("reconstruct")
    assert "Train a model" in app.info[0].value


def test_original_corrupted_reconstruction_and_error_map_stand_in_this_order(plain):
    (shown,) = matrices(open_page("reconstruct"))
    assert list(shown) == ORDER
    assert all(len(cells) == 10 for cells in shown.values())
    assert shown["Original"][0] == "Original: class 0"
    assert shown["Error map"][3] == "Error map: class 3"


def test_pictures_are_enlarged_by_whole_pixels_whatever_their_shape(plain):
    block = next(each for each in htmls(open_page("reconstruct")) if "lab-matrix" in each.split("</style>")[1])
    assert "--columns: 10; --side: 96px" in block  # four times 24


def test_the_numbers_below_the_pictures_are_those_of_the_analysis(plain):
    (shown,) = matrices(open_page("reconstruct"))
    opened = open_run(plain)
    indices = pick_images(opened, "class", 10, seed=0)
    found = reconstruct(opened, opened.splits.test.images[indices], "none")
    assert [float(each) for each in shown["Squared error"]] == pytest.approx(
        [each.sse_per_image for each in found.measures], rel=1e-3
    )
    assert [float(each) for each in shown["Squared error of PCA"]] == pytest.approx(
        [each.sse_per_image for each in found.pca_measures], rel=1e-3
    )


def test_the_means_say_their_unit_and_what_they_are_over(plain):
    means = tables(open_page("reconstruct"))[0]
    over = "the 10 images shown"
    assert list(means) == [
        ("Squared error", f"summed over pixels, mean over {over}"),
        ("Squared error", f"mean over pixels and {over}"),
        ("PSNR", "dB, of that mean"),
    ]
    assert means["PSNR", "dB, of that mean"][0] == "∞"  # nothing was done to the images


def test_pictures_are_there_even_when_principal_components_cannot_be_fitted(plain, monkeypatch):
    def refuse(images, size):
        raise DataError("No components today.")

    monkeypatch.setattr("aecore.analysis.reconstruct.fit_pca", refuse)
    app = open_page("reconstruct")
    (shown,) = matrices(app)
    assert shown["Reconstruction"][0] == "Reconstruction: class 0"
    assert shown["PCA"] == ["…"] * 10
    assert errors(app) == ["No components today."]


def test_the_noise_of_a_runs_own_training_comes_first(noisy):
    app = open_page("reconstruct")
    assert app.selectbox(key=key(noisy, "corruption")).value == "gaussian"
    slider = app.slider(key=key(noisy, "level.gaussian"))
    assert slider.value == pytest.approx(0.3)
    assert "of the pixel range" in slider.label


def test_more_noise_makes_the_corrupted_images_worse(noisy):
    app = open_page("reconstruct")
    before = float(tables(app)[0]["PSNR", "dB, of that mean"][0])
    checked(app.slider(key=key(noisy, "level.gaussian")).set_value(1.0).run())
    assert float(tables(app)[0]["PSNR", "dB, of that mean"][0]) < before - 3


def test_another_kind_of_noise_is_set_in_its_own_unit(noisy):
    app = open_page("reconstruct")
    checked(app.selectbox(key=key(noisy, "corruption")).set_value("masking").run())
    assert "of the pixels" in app.slider(key=key(noisy, "level.masking")).label


def test_the_worst_images_are_the_worst_of_the_whole_test_split(plain):
    app = open_page("reconstruct")
    checked(app.selectbox(key=key(plain, "which")).set_value("worst").run())
    errors = image_errors(open_run(plain))
    assert [float(each) for each in matrices(app)[0]["Squared error"]] == pytest.approx(
        np.sort(errors)[::-1][:10].tolist(), rel=1e-3
    )
    assert "among 60 test images" in sentences(app)


def test_only_images_of_the_chosen_class_are_shown(plain):
    app = open_page("reconstruct")
    checked(app.selectbox(key=key(plain, "label")).set_value(2).run())
    assert set(matrices(app)[0]["Original"]) == {"Original: class 2"}


def test_drawing_again_shows_other_images(plain):
    app = open_page("reconstruct")
    app.selectbox(key=key(plain, "which")).set_value("random").run()
    before = matrices(app)[0]["Squared error"]
    checked(app.button(key="reconstruct.again").click().run())
    assert matrices(app)[0]["Squared error"] != before


def test_an_own_picture_is_fitted_to_the_model_and_the_page_says_how(plain, tmp_path):
    app = open_page("reconstruct")
    app.selectbox(key=key(plain, "which")).set_value("own").run()
    assert "Add a picture" in sentences(app)
    picture = write_picture(tmp_path / "wide.png", (240, 100))
    checked(app.file_uploader(key="reconstruct.files").upload("wide.png", picture).run())
    (shown,) = matrices(app)
    assert list(shown) == ["As it came", *ORDER]
    assert shown["As it came"] == ["wide.png as it came"]
    assert "wide.png, fitted to the model: cropped 240 x 100 to 120 x 100, resized to 24 x 20." in sentences(app)


def test_a_picture_that_cannot_be_read_gets_a_sentence_and_the_others_are_shown(plain, tmp_path):
    app = open_page("reconstruct")
    app.selectbox(key=key(plain, "which")).set_value("own").run()
    uploader = app.file_uploader(key="reconstruct.files")
    good = write_picture(tmp_path / "good.png", SHAPE[:0:-1])
    checked(uploader.set_value([("bad.png", b"no picture", "image/png"), ("good.png", good, "image/png")]).run())
    (said,) = errors(app)
    assert "bad.png: this is text" in said
    assert matrices(app)[0]["Original"] == ["Original: good.png"]


def test_dark_and_light_can_be_exchanged_in_an_own_picture(plain, tmp_path):
    app = open_page("reconstruct")
    app.selectbox(key=key(plain, "which")).set_value("own").run()
    app.file_uploader(key="reconstruct.files").upload("one.png", write_picture(tmp_path / "one.png", (24, 20))).run()
    before = matrices(app)[0]["Squared error"]
    checked(app.toggle(key="reconstruct.inverted").set_value(True).run())
    assert "dark and light exchanged" in sentences(app)
    assert matrices(app)[0]["Squared error"] != before


def test_the_whole_test_split_is_measured_at_a_click_and_the_result_is_kept(noisy):
    app = open_page("reconstruct")
    checked(app.button(key="reconstruct.measure").click().run())
    found = evaluate(open_run(noisy))
    table = tables(app)[-1]
    assert [float(each) for each in table["Squared error", "summed over pixels, mean over 60 test images"]] == (
        pytest.approx(
            [each.sse_per_image for each in (found.model, found.pca, found.best_linear, found.input)], rel=1e-3
        )
    )
    again = open_page("reconstruct")
    assert not [each for each in again.button if each.key == "reconstruct.measure"]
    assert tables(again)[-1] == table


def test_a_variational_model_is_measured_with_its_bound(plain):
    app = open_page("reconstruct")
    checked(app.button(key="reconstruct.measure").click().run())
    found = evaluate(open_run(plain))
    table = tables(app)[-1]
    bound = table["Negative ELBO", "nats, mean over 60 test images"]
    assert float(bound[0].replace(",", "")) == pytest.approx(found.neg_elbo_nats_per_image, rel=1e-3)


def test_quality_is_drawn_against_the_noise_that_is_chosen(noisy, monkeypatch):
    monkeypatch.setattr("aecore.analysis.reconstruct.LEVELS", (0.3, 0.6))
    app = open_page("reconstruct")
    checked(app.button(key="reconstruct.curve").click().run())
    said = sentences(app)
    assert "At 0.3 of the pixel range: this model" in said
    assert "noisy image" in said
    checked(app.selectbox(key=key(noisy, "corruption")).set_value("masking").run())
    assert app.button(key="reconstruct.curve").label == "Draw the curve for masking (dropout)"


def test_everything_shown_can_be_had_as_code(plain):
    code = "\n".join(lines_of(open_page("reconstruct")))
    assert f"open_run(Runs().get('{plain.id}'))" in code
    assert "reconstruct(opened, images, corruption='none'" in code


def test_a_run_whose_data_set_is_gone_gets_a_sentence(runs):
    make_oblong("soon_gone")
    train(runs, "simple", "Orphan", data="soon_gone", epochs=1)
    from aecore.data.own import delete_own

    delete_own("soon_gone")
    assert "There is no data set 'soon_gone'" in errors(open_page("reconstruct"))[0]


def test_the_first_visit_fits_principal_components_once(plain, monkeypatch):
    baselines._KEPT._results.clear()
    fitted = []
    fit = baselines._fit
    monkeypatch.setattr(baselines, "_fit", lambda images, size: fitted.append(size) or fit(images, size))
    app = open_page("reconstruct")
    checked(app.button(key="reconstruct.again").click().run())
    assert len(fitted) == 1
