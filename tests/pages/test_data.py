"""Data: what is seen of a data set, and how pictures of one's own become one."""

import html
import re
import threading

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aecore import places
from aecore.data.intake import OwnSettings, Progress, add_own
from aecore.data.own import own_datasets
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from pages.shared import intake
from pages.shared.intake import desk
from tests.hostile import encoded, zipped
from tests.pages.oblong import NAME, SHAPE, checked, errors, htmls, make_oblong, matrices, open_page, sentences

SMALL = OwnSettings(size=28)
ADD = {"data.tab": "Add your own pictures"}


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """Folders of this test alone, with the shipped data sets unpacked once, and a server that takes nothing in."""
    shared = places.data_folder() / "shipped"
    shared.mkdir(parents=True, exist_ok=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shipped").symlink_to(shared)
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "starters")
    desk.clear()
    st.cache_data.clear()
    return tmp_path / "data" / "own"


def flat(level: int) -> bytes:
    return encoded("PNG", np.full((8, 8, 3), level, np.uint8))


def add(name: str, files: dict[str, bytes], settings: OwnSettings = SMALL) -> None:
    for _ in add_own(list(files.items()), name, settings):
        pass


def two_classes(count: int = 20) -> dict[str, bytes]:
    return {f"{'cats' if n % 2 else 'dogs'}/{n:02}.png": flat(n) for n in range(count)}


def look_at(key: str, **state: object) -> AppTest:
    return open_page("data", {f"data.{name}": value for name, value in state.items()}, data=key)


def shown(app: AppTest) -> dict[str, str]:
    """Hint and caption of each picture in rows that wrap."""
    found = {}
    for block in htmls(app):
        for figure in re.findall(r"<figure.*?</figure>", block, re.DOTALL):
            hint, caption = re.search(r'title="(.*?)"', figure), re.search(r"<figcaption>(.*?)<", figure)
            found[html.unescape(hint[1])] = html.unescape(caption[1]) if caption else ""
    return found


def uploaded(*files: tuple[str, bytes]) -> AppTest:
    app = open_page("data", ADD)
    for name, content in files:
        app.file_uploader[0].upload(name, content)
    return checked(app.run())


def after_intake(app: AppTest) -> AppTest:
    for thread in threading.enumerate():
        if thread.name == "intake":
            thread.join(60)
    return checked(app.run())


# Looking


def test_each_class_has_its_mean_and_examples():
    make_oblong()

    (rows,) = matrices(look_at(NAME))

    assert list(rows) == ["class 0", "class 1", "class 2", "class 3"]
    assert rows["class 1"][:2] == ["Mean of class 1", "class 1, example 1"]


def test_it_says_how_many_images_of_what_size_there_are():
    make_oblong()

    said = sentences(look_at(NAME))

    _, height, width = SHAPE
    assert "240 training, 40 validation and 60 test images" in said
    assert f"{height}×{width} pixels, colour · 4 classes" in said


def test_without_classes_there_is_one_mean_of_everything():
    add("set", {f"{n}.png": flat(n) for n in range(12)})

    (rows,) = matrices(look_at("set"))

    assert list(rows) == ["All"]
    assert rows["All"][0] == "Mean of All"
    assert "no classes" in sentences(look_at("set"))


def test_other_examples_come_at_a_click():
    make_oblong()
    app = look_at(NAME)
    before = htmls(app)

    app.button(key="data.other").click().run()

    assert htmls(checked(app)) != before


def test_many_classes_are_shown_a_page_at_a_time():
    add("set", {f"class {n // 2:03}/{n}.png": flat(n) for n in range(200)})

    app = look_at("set")
    first = list(matrices(app)[0])
    app.session_state["data.classes.set"] = 3
    third = list(matrices(checked(app.run()))[0])

    assert len(first) <= 12
    assert first[0] == "class 000"
    assert "100 classes" in sentences(app)
    assert third[0] >= "class 024" > first[-1]


def test_all_pictures_can_be_gone_through_by_part_and_class():
    add("set", two_classes())

    app = look_at("set", view="All pictures")
    assert "1 to 16 of 16 images" in sentences(app)
    assert set(shown(app).values()) == {"cats", "dogs"}

    app.session_state["data.part"] = "test"
    app.run()
    assert "1 to 2 of 2 images" in sentences(checked(app))

    app.session_state["data.part"] = "train"
    app.selectbox(key="data.class.set").select(0).run()
    assert all(hint.startswith("cats/") for hint in shown(checked(app)))


def test_every_page_of_pictures_can_be_reached():
    make_oblong()
    app = look_at(NAME, view="All pictures")
    assert "1 to 120 of 240 images" in sentences(app)

    app.session_state[f"data.page.{NAME}.train.None"] = 2
    app.run()

    assert "121 to 240 of 240 images" in sentences(checked(app))


def test_names_of_strangers_are_letters_and_nothing_else():
    files = {f"<b>![x](http://x.y)/<img src=x onerror=alert(1)> {n}.png": flat(n) for n in range(10)}
    files |= {f"$x$ :red[dogs]/two\nlines {n}.png": flat(n) for n in range(10)}
    add("set", files)

    for view in ("By class", "All pictures"):
        app = look_at("set", view=view)
        page = "".join(htmls(app)) + "".join(each.value for each in (*app.markdown, *app.caption))
        assert "<img src=x" not in page
        assert "<b>" not in page
        assert "![x]" not in "".join(each.value for each in (*app.markdown, *app.caption))


def test_the_address_says_which_data_set_and_the_choice_changes_it():
    make_oblong()
    app = look_at(NAME)
    assert app.selectbox(key="data.set").value == NAME

    add("set", two_classes())
    app.run()
    app.selectbox(key="data.set").select("set").run()

    assert app.query_params["data"] in ("set", ["set"])


def test_an_address_that_names_no_data_set_shows_the_first():
    assert look_at("nothing").selectbox(key="data.set").value == "mnist"


def test_damaged_pictures_are_an_error_and_the_set_can_be_deleted(data):
    add("set", two_classes())
    (data / "set" / "images.npy").write_bytes(b"no array")

    app = look_at("set")
    assert "is damaged" in errors(app)[0]

    app.button(key="data.delete").click().run()
    assert own_datasets() == ()
    assert app.selectbox(key="data.set").value == "mnist"


def test_a_damaged_description_is_shown_with_the_reason_and_can_be_deleted(data):
    add("set", two_classes())
    (data / "set" / "info.json").write_text("{")

    app = look_at("mnist")
    assert "The own data set 'set' is damaged (info.json cannot be read" in errors(app)[0]

    app.button(key="data.delete.set").click().run()
    checked(app)
    assert errors(app) == []
    assert not (data / "set").exists()


def test_before_deleting_it_says_which_runs_need_the_pictures():
    add("set", two_classes())
    for _ in range(2):
        Runs().create(make_recipe("simple", DataChoice("set")))

    assert "2 runs were trained on it and cannot be opened without it." in sentences(look_at("set"))


def test_pictures_added_under_an_old_name_are_not_those_of_before():
    add("set", two_classes())
    app = look_at("set")
    before = htmls(app)
    app.button(key="data.delete").click().run()
    add("set", {name: flat(255 - n) for n, name in enumerate(two_classes())})

    assert htmls(look_at("set")) != before


def test_files_that_were_left_out_are_listed_with_their_reason():
    add("set", two_classes() | {"dogs/note.txt": b"no picture"})

    app = look_at("set")

    table = app.dataframe[0].value
    assert list(table["File"]) == ["dogs/note.txt"]
    assert "this is text" in table["Reason"][0]


# Adding


def test_an_address_leads_to_adding():
    app = open_page("data", add="yes")

    assert app.session_state["data.tab"] == "Add your own pictures"
    assert app.file_uploader[0].label.startswith("Drop pictures here")
    assert "add" not in app.query_params


def test_a_zip_is_previewed_added_and_looked_at():
    app = uploaded(("holidays.zip", zipped(two_classes())))
    assert "20 files in 2 classes: cats (10), dogs (10)" in sentences(app)
    assert len(shown(app)) == 15
    assert app.text_input[0].value == "holidays"

    app.button(key="data.add").click().run()
    after_intake(app)
    assert "holidays has 20 pictures" in sentences(app)

    app.button(key="data.look").click().run()
    checked(app)
    assert app.selectbox(key="data.set").value == "holidays"
    assert list(matrices(app)[0]) == ["cats", "dogs"]
    assert desk().current is None


def test_settings_change_the_preview_and_the_set():
    app = uploaded(*((f"{n}.png", flat(n)) for n in range(12)))
    before = htmls(app)

    app.number_input[0].set_value(32).run()
    app.session_state["data.channels"] = "1"
    app.session_state["data.fit"] = "pad"
    app.run()
    assert htmls(checked(app)) != before

    app.button(key="data.add").click().run()
    after_intake(app)
    (info,) = own_datasets()
    assert (info.key, info.shape) == ("my_pictures", (1, 32, 32))


def test_a_folder_on_the_machine_needs_no_upload(tmp_path):
    folder = tmp_path / "birds"
    for name, content in two_classes().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    app = open_page("data", ADD | {"data.way": "A folder on this machine"})

    app.text_input[0].set_value(f" {folder} ").run()

    assert "20 files in 2 classes" in sentences(checked(app))
    assert app.text_input(key="data.name.birds").value == "birds"


@pytest.mark.parametrize("path", ["/nowhere/at/all", "bad\0path", "~nobody_of_that_name/x"])
def test_a_path_that_leads_nowhere_is_said(path):
    app = open_page("data", ADD | {"data.way": "A folder on this machine"})

    app.text_input[0].set_value(path).run()

    assert errors(checked(app)) != []
    assert app.button(key="data.add").disabled


def test_files_that_are_no_pictures_are_listed_before_and_after():
    files = [*two_classes().items(), ("note.txt", b"no picture"), ("<b>.png", b"")]
    app = uploaded(*files)
    assert "2 files were left out among the first" in sentences(app)

    app.button(key="data.add").click().run()
    after_intake(app)

    assert "2 files were left out." in sentences(app)
    assert sorted(app.dataframe[0].value["File"]) == ["<b>.png", "note.txt"]


def test_too_few_pictures_are_said_before_anything_is_tried():
    app = uploaded(("one.png", flat(1)))

    assert "at least 10 pictures, and there are 1" in sentences(app)
    assert app.button(key="data.add").disabled


def test_a_name_that_is_taken_is_said_before_anything_is_tried():
    add("set", two_classes())
    app = uploaded(("set.zip", zipped(two_classes())))
    assert "There is already an own data set 'set'" in sentences(app)
    assert app.button(key="data.add").disabled

    app.text_input[0].set_value("another").run()

    assert not app.button(key="data.add").disabled


def test_an_archive_that_cannot_be_opened_is_an_error_and_the_page_stays():
    app = uploaded(("cut.zip", zipped(two_classes())[:-30]))

    assert "cut.zip: this zip archive is damaged" in errors(app)[0]
    assert app.button(key="data.add").disabled


def test_progress_is_shown_to_whoever_comes_and_can_be_stopped(monkeypatch):
    began, go_on = threading.Event(), threading.Event()

    def slow(source, name, settings):
        yield Progress(40, 100, 3)
        began.set()
        go_on.wait(60)
        yield Progress(41, 100, 3)

    monkeypatch.setattr(intake, "add_own", slow)
    desk().start([], "mine", SMALL)
    assert began.wait(60)

    app = open_page("data")  # another tab
    assert app.get("progress")[0].proto.text == "Taking in mine: 40 of 100 files, 3 left out"
    app.button(key="data.stop").click().run()
    go_on.set()
    after_intake(app)

    assert errors(app) == ["mine was stopped; nothing of it was kept."]
    app.button(key="data.again").click().run()
    assert len(checked(app).file_uploader) == 1


def test_a_fault_while_pictures_are_taken_in_is_told_and_can_be_tried_again(monkeypatch):
    def broken(source, name, settings):
        yield Progress(0, 10, 0)
        raise RuntimeError("a fault")

    monkeypatch.setattr(intake, "add_own", broken)
    desk().start([], "mine", SMALL)
    app = after_intake(open_page("data", ADD))

    assert "a fault of the lab (RuntimeError: a fault)" in errors(app)[0]
    assert app.button(key="data.again").label == "Try again"


def test_pictures_can_be_cut_into_squares_and_then_say_how_small_they_are_made_first():
    app = uploaded(("holidays.zip", zipped(two_classes())))
    assert "data.shrink" not in {each.key for each in app.slider}
    checked(app.segmented_control(key="data.fit").set_value("patches").run())
    assert any(each.key == "data.shrink" for each in (*app.slider, *app.number_input))
