"""Home: the idea in a picture, the first steps, the variants with what was trained of each."""

import subprocess
import sys
from dataclasses import replace

import jaxtyping
import pytest

from aecore import places
from aecore.runs.store import Runs
from aecore.variants.catalog import VARIANTS
from tests.browser.servers import PROJECT
from tests.pages.oblong import NAME, checked, htmls, make_oblong, open_page, sentences, train, unmarked

OTHER = "square"
HEAVY = ("torch", "sklearn", "umap", "onnx")


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Runs as they might ship: two whose codes are places on a plane, one that takes noise away."""
    make_oblong()
    make_oblong(OTHER, (1, 8, 8))
    runs = Runs(tmp_path_factory.mktemp("home") / "starters")
    made = {
        "plane": train(runs, "variational", "A plane *of* blobs", **{"bottleneck.code_size": 2}),
        "square": train(runs, "variational", "Squares", data=OTHER, **{"bottleneck.code_size": 2}),
        "noise": train(runs, "denoising", "Blobs out of noise", epochs=1),
    }
    for key, run in made.items():
        run.path.rename(runs.root / key)
    return runs.root


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    return Runs()


@pytest.fixture
def starters(runs, trained):
    runs.starters.symlink_to(trained)
    return runs.starters


def links(app) -> dict[str, str]:
    """Page and query of each link by its label."""
    return {unmarked(each.proto.label): f"{each.proto.page}?{each.proto.query_string}" for each in app.get("page_link")}


def test_the_idea_is_one_image_on_its_way_through_a_plane_of_codes(starters):
    journey = htmls(open_page("home"))[0]

    order = [journey.index(f'alt="{word}') for word in ("Original", "Codes of 40 images", "Reconstruction")]
    assert order == sorted(order)
    assert "data:image/svg+xml;base64," in journey


def test_the_first_step_leads_into_the_latent_space_of_that_run(starters, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # see tests/analysis/test_export.py
    app = open_page("home")
    assert [each.label for each in app.button] == [
        "Drag through a latent space",
        "Train your own",
        "Bring your own pictures",
    ]

    app.button(key="home.drag").click().run()

    checked(app)
    assert app.title[0].value == "Latent space"
    assert app.query_params["run"] in ("plane", ["plane"])


def test_the_plane_is_that_of_the_data_its_variant_is_taught_with(starters, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    taught = replace(VARIANTS["variational"], data=OTHER)
    monkeypatch.setitem(VARIANTS, "variational", taught)
    app = open_page("home")

    app.button(key="home.drag").click().run()

    assert app.query_params["run"] in ("square", ["square"])


def test_bringing_pictures_leads_to_where_they_are_added(starters):
    app = open_page("home")

    app.button(key="home.pictures").click().run()

    checked(app)
    assert app.title[0].value == "Data"
    assert app.session_state["data.tab"] == "Add your own pictures"


def test_every_variant_has_a_card_that_leads_to_training_it(starters):
    app = open_page("home")

    said = sentences(app)
    for variant in VARIANTS.values():
        assert variant.title in said
        assert variant.summary in said
    trained = [each.proto.query_string for each in app.get("page_link") if each.proto.label == "Train it"]
    assert trained == [f"variant={key}" for key in VARIANTS]


def test_trained_runs_open_from_the_card_of_their_variant(starters):
    app = open_page("home")

    found = links(app)
    assert found["A plane *of* blobs"] == "latent_space?run=plane"
    assert found["Blobs out of noise"] == "reconstruct?run=noise"
    assert r"A plane \*of\* blobs" in [each.proto.label for each in app.get("page_link")]


def test_a_card_says_on_what_its_run_was_trained_by_the_title_of_the_data(starters):
    assert f"{NAME.capitalize()}, code of 4" in sentences(open_page("home"))


def test_a_denoiser_is_shown_with_what_it_was_given(starters):
    rows = next(each for each in htmls(open_page("home")) if "Corrupted" in each)

    assert rows.index('alt="Corrupted 1"') < rows.index('alt="Reconstruction 1"')


def test_without_runs_it_begins_with_training(runs):
    app = open_page("home")

    assert [each.label for each in app.button] == ["Train your own", "Bring your own pictures"]
    assert len([each for each in app.get("page_link") if each.proto.label == "Train it"]) == len(VARIANTS)


def test_a_damaged_starter_run_is_left_out_and_the_others_stay(runs, trained):
    runs.starters.mkdir()
    (runs.starters / "plane").symlink_to(trained / "plane")
    (runs.starters / "broken").mkdir()
    (runs.starters / "broken" / "recipe.json").write_text("{")

    app = open_page("home")

    assert "A plane *of* blobs" in links(app)
    assert "broken" not in sentences(app) + str(links(app))


@pytest.mark.usefixtures("trained")
def test_who_comes_back_finds_the_last_run(runs):
    assert not any(label.startswith("Last trained") for label in links(open_page("home")))

    train(runs, "simple", "First", epochs=1)
    last = train(runs, "simple", "Second [x](y)", epochs=1)

    assert links(open_page("home"))["Last trained: Second [x](y)"] == f"latent_space?run={last.id}"


@pytest.mark.usefixtures("trained")
def test_a_run_under_way_is_shown_with_how_far_it_is(runs):
    run = train(runs, "simple", "My *run*", epochs=2)
    with run.hold() as status:
        status.update(state="running", epochs_done=1)
        app = open_page("home")

    assert "Under way" in sentences(app)
    assert links(app)["Watch"] == f"train?run={run.id}"


def test_home_needs_nothing_heavy():
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('pages/navigation.py', default_timeout=60).run()\n"
        "assert not app.exception\n"
        f"print([each for each in {HEAVY} if each in sys.modules])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_what_ships_opens_on_the_page_that_shows_what_it_is_for(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    found = links(open_page("home"))
    expected = {
        "Digits on a plane": "latent_space?run=vae-2-mnist",
        "Clothes out of noise": "reconstruct?run=denoising-fashion",
        "Only coats": "anomalies?run=coats-fashion",
        "Digits in small files": "compress?run=compression-mnist",
        "SRCNN, 3 times": "enlarge?run=srcnn-3-photographs",
        "Photographs out of noise": "denoise?run=denoising-photographs",
        "Digits from noise": "generate?run=gan-mnist",
        "Digits out of noise": "generate?run=diffusion-mnist",
    }
    assert {name: found[name] for name in expected} == expected
