"""Runs: what the table shows, what can be done with a run, and how several are compared."""

import io

import pytest

from aecore import places
from aecore.jobs.launcher import Launched, LocalLauncher
from aecore.runs.folder import Run
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from tests.pages.oblong import (
    NAME,
    checked,
    errors,
    make_oblong,
    matrices,
    open_page,
    sentences,
    tables,
    train,
)

SQUARE = "square"
NO_PROCESS = 2**22 + 1  # larger than any process id


@pytest.fixture(scope="session")
def _trained(tmp_path_factory):
    make_oblong()
    make_oblong(SQUARE, (1, 8, 8))
    runs = Runs(tmp_path_factory.mktemp("runs") / "runs")
    return {
        "one": runs.export_zip(train(runs, "variational", "One").id),
        "two": runs.export_zip(train(runs, "denoising", "Two", epochs=1).id),
        "small": runs.export_zip(train(runs, "simple", "Small", data=SQUARE, epochs=1).id),
    }


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def one(runs, _trained):
    return runs.import_zip(_trained["one"])


@pytest.fixture
def two(runs, _trained):
    return runs.import_zip(_trained["two"])


@pytest.fixture
def small(runs, _trained):
    return runs.import_zip(_trained["small"])


@pytest.fixture
def starter(runs, one):
    """A run that ships with the lab."""
    runs.starters.mkdir()
    one.path.rename(runs.starters / "shipped")
    return Run(runs.starters / "shipped")


@pytest.fixture
def launched(monkeypatch):
    """Nothing is started: what would have been is noted."""
    started = []

    def launch(self, run):
        started.append(run.id)
        return Launched(NO_PROCESS, 0.0)

    monkeypatch.setattr(LocalLauncher, "launch", launch)
    return started


def open_with(*chosen: Run):
    """The page with these runs selected, as after another page: clicks into the table are for a browser."""
    return open_page("runs", {"runs.selected": [each.id for each in chosen]})


def table(app):
    return app.dataframe[0].value


def buttons(app) -> set[str]:
    return {each.label for each in app.button}


def test_without_a_run_the_page_says_what_to_do(runs):
    assert "There is no run yet" in sentences(open_page("runs"))


def test_every_run_stands_in_the_table_with_its_numbers(one, two, small):
    shown = table(open_page("runs")).set_index("name")
    assert set(shown.index) == {"One", "Two", "Small"}
    assert shown.loc["One", ["state", "variant", "data"]].tolist() == ["finished", "Variational", NAME]
    assert shown.loc["One", ["epochs", "code"]].tolist() == [2, 4]
    assert shown.loc["Two", "squared_error"] == pytest.approx(two.metrics()[-1]["validation"]["squared_error"])
    assert shown.loc["One", "size"] == pytest.approx(one.bytes_on_disk() / 1e6, rel=0.05)
    assert "message" not in shown


def test_listing_reads_nothing_of_a_run_but_its_summary(one, two, monkeypatch):
    def refuse(*_):
        raise AssertionError("a list must stay quick")

    for name in ("metrics", "steps", "preview", "log_tail", "recipe", "snapshots"):
        monkeypatch.setattr(Run, name, refuse)
    assert len(table(open_page("runs"))) == 2


@pytest.mark.parametrize(
    ("widget", "value", "left"),
    [("variant", ["Denoising"], {"Two"}), ("data", [SQUARE], {"Small"}), ("state", ["stopped"], {"Waiting"})],
)
def test_a_filter_leaves_what_fits(runs, one, two, small, widget, value, left):
    runs.create(make_recipe("simple", DataChoice(NAME)), "Waiting")
    app = open_page("runs")
    checked(app.multiselect(key=f"runs.{widget}").set_value(value).run())
    assert set(table(app)["name"]) == left


def test_words_are_searched_for_in_names_and_ids(one, two):
    app = open_page("runs")
    checked(app.text_input(key="runs.text").set_value("TW").run())
    assert table(app)["name"].tolist() == ["Two"]
    checked(app.text_input(key="runs.text").set_value("no such run").run())
    assert "No run fits" in sentences(app)


def test_the_run_in_the_address_is_selected(one, two):
    app = open_page("runs", run=two.id)
    assert "Two" in sentences(app)
    assert {"Latent space", "Reconstruct", "Train on", "Rename", "Delete"} <= buttons(app)


def test_a_selected_run_can_be_opened(one):
    app = open_page("runs", run=one.id)
    checked(app.button(key="runs.reconstruct").click().run())
    assert app.title[0].value == "Reconstruct"
    assert "One" in app.selectbox(key="reconstruct.run").options[0]


def test_a_run_that_has_learned_nothing_yet_cannot_be_opened(runs):
    make_oblong()
    run = runs.create(make_recipe("simple", DataChoice(NAME)), "Waiting")
    app = open_page("runs", run=run.id)
    assert "Latent space" not in buttons(app)
    assert "Resume" in buttons(app)


def test_a_run_gets_another_name(one):
    app = open_page("runs", run=one.id)
    app.text_input(key=f"runs.name.{one.id}").set_value("Better")
    checked(next(each for each in app.button if each.label == "Rename").click().run())
    assert table(app)["name"].tolist() == ["Better"]


def test_a_name_that_cannot_be_used_gets_a_sentence(one):
    app = open_page("runs", run=one.id)
    app.text_input(key=f"runs.name.{one.id}").set_value("   ")
    checked(next(each for each in app.button if each.label == "Rename").click().run())
    assert errors(app)
    assert one.about()["name"] == "One"


def test_a_deleted_run_comes_back_with_undo(runs, one, two):
    app = open_page("runs", run=one.id)
    checked(app.button(key="runs.delete").click().run())
    assert table(app)["name"].tolist() == ["Two"]
    assert "Deleted: One." in sentences(app)
    checked(app.button(key="runs.undo").click().run())
    assert set(table(app)["name"]) == {"One", "Two"}
    assert runs.trashed() == ()


def test_another_visit_can_still_bring_a_deleted_run_back(runs, one, two):
    runs.delete(one.id)
    app = open_page("runs")
    checked(app.button(key=f"runs.back.{one.id}").click().run())
    assert set(table(app)["name"]) == {"One", "Two"}


def test_a_starter_run_is_marked_and_cannot_be_changed(starter):
    app = open_page("runs", run=starter.id)
    assert table(app)["state"].tolist() == ["starter"]
    assert "stays as it is" in sentences(app)
    assert not {"Delete", "Resume", "Rename"} & buttons(app)
    assert "Latent space" in buttons(app)


def test_a_damaged_run_is_shown_with_what_is_wrong_and_can_be_deleted(runs, one, two):
    (two.path / "recipe.json").write_text("{")
    app = open_page("runs", run=two.id)
    shown = table(app).set_index("name")
    assert shown.loc["Two", "state"] == "damaged"
    assert "recipe.json" in shown.loc["Two", "message"]
    assert shown.loc["One", "state"] == "finished"
    assert "recipe.json" in errors(app)[0]
    assert not {"Latent space", "Resume"} & buttons(app)
    checked(app.button(key="runs.delete").click().run())
    assert table(app)["name"].tolist() == ["One"]


def test_a_run_whose_process_was_killed_can_be_resumed(runs, one, launched):
    values = (one.path / "status.json").read_text().replace('"finished"', '"running"')
    (one.path / "status.json").write_text(values)
    app = open_page("runs", run=one.id)
    assert table(app)["state"].tolist() == ["crashed at 2 of 2"]
    assert "The process ended without a word" in errors(app)[0]
    checked(app.button(key="runs.resume").click().run())
    assert launched == [one.id]


def test_a_finished_run_is_trained_on_in_a_second_stage(one, launched):
    app = open_page("runs", run=one.id)
    app.number_input(key="runs.epochs").set_value(3)
    checked(app.button(key="runs.stage").click().run())
    assert launched == [one.id]
    assert [stage.epochs for stage in one.recipe().stages] == [2, 3]


def test_a_run_under_way_can_be_watched_and_stopped(one):
    with one.hold() as status:
        status.update(state="running", epochs_done=1)
        app = open_page("runs", run=one.id)
        assert {"Watch", "Stop"} <= buttons(app)
        assert "Delete" not in buttons(app)
        checked(app.button(key="runs.stop").click().run())
        assert (one.path / "stop").exists()
        assert "Stopping" in sentences(app)


def test_a_zip_of_a_run_is_brought_in(runs, one):
    zipped = runs.export_zip(one.id).read_bytes()
    runs.delete(one.id)
    runs.empty_trash()
    app = open_page("runs")
    checked(app.file_uploader(key="runs.zip.0").upload("run.zip", zipped, "application/zip").run())
    assert table(app)["name"].tolist() == ["One"]
    assert app.toast[0].value == "One was brought in."


def test_a_file_that_is_no_run_gets_a_sentence(runs, one):
    app = open_page("runs")
    checked(app.file_uploader(key="runs.zip.0").upload("run.zip", b"no zip", "application/zip").run())
    assert "no zip of a run" in errors(app)[0]
    assert len(table(app)) == 1


def test_what_is_downloaded_can_be_brought_in_again(runs, one):
    content = runs.export_zip(one.id).read_bytes()
    again = runs.import_zip(io.BytesIO(content))
    assert again.recipe() == one.recipe()


def test_two_runs_are_compared_on_the_same_images(one, two):
    app = open_with(one, two)
    (shown,) = matrices(app)
    assert set(shown) == {"Original", "One", "Two"}
    assert shown["One"][0] == "Reconstruction by One: class 0"
    assert len({len(cells) for cells in shown.values()}) == 1


def test_compared_runs_see_the_same_noise(one, two):
    app = open_with(one, two)
    checked(app.selectbox(key="runs.compare.corruption").set_value("masking").run())
    assert list(matrices(app)[0])[:2] == ["Original", "Corrupted"]


def test_runs_on_other_images_are_left_out_with_the_reason(one, two, small):
    app = open_with(one, two, small)
    (shown,) = matrices(app)
    assert set(shown) == {"Original", "One", "Two"}
    assert (
        "Small is not compared on images: it knows images of 8×8 pixels in grey, "
        "One those of 20×24 pixels in colour." in sentences(app)
    )


def test_a_run_whose_data_set_is_gone_is_left_out_with_the_reason(runs, one, two):
    make_oblong("lost")
    orphan = train(runs, "simple", "Orphan", data="lost", epochs=1)
    from aecore.data.own import delete_own

    delete_own("lost")
    app = open_with(one, two, orphan)
    assert "Orphan is not compared on images: There is no data set 'lost'" in sentences(app)
    assert set(matrices(app)[0]) == {"Original", "One", "Two"}


def test_compared_runs_are_measured_at_a_click_with_principal_components_below(one, two):
    app = open_with(one, two)
    checked(app.button(key="runs.compare.measure").click().run())
    measured = tables(app)[-1]
    assert ("PCA: squared error", "summed over pixels, mean over the test images") in measured
    assert all("–" not in cells for (label, _), cells in measured.items() if "error" in label)
    assert "none" in measured["Corruption", "of the images that the model was given"]
    assert not [each for each in app.button if each.key == "runs.compare.measure"]


def test_runs_of_the_same_name_are_told_apart(runs, one, two):
    runs.rename(two.id, "One")
    names = {each for each in matrices(open_with(one, two))[0] if each != "Original"}
    assert len(names) == 2
    assert all(each.startswith("One (") for each in names)


def test_several_selected_runs_are_deleted_together(runs, one, two, small):
    app = open_with(one, two)
    checked(app.button(key="runs.delete_all").click().run())
    assert table(app)["name"].tolist() == ["Small"]
    assert len(runs.trashed()) == 2
