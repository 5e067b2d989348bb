"""Folders, archives and dropped files become data sets; what is odd is left out with its reason."""

import errno
import gc
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aecore.data import catalog
from aecore.data.fitting import fit_picture, patches_of
from aecore.data.intake import Added, OwnSettings, Progress, add_own, preview
from aecore.data.own import (
    clear_unfinished,
    damaged_own,
    delete_own,
    fingerprint_of,
    load_own,
    names_of,
    own_datasets,
    settings_of,
    skipped_of,
)
from aecore.data.pictures import Picture, PictureLimits, read_picture
from aecore.data.skipped import Skipped
from aecore.data.sources import MOST_CLASSES, SourceLimits, open_source, pictures_in
from aecore.errors import DataError, PictureError, SettingError
from tests.hostile import encoded, make_archives, make_corpus, zipped
from tests.photographs import photographs

SMALL = OwnSettings(size=28)


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """A data folder of this test alone."""
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    return photographs(tmp_path_factory.mktemp("photographs"), 60)


def flat(level: int) -> bytes:
    return encoded("PNG", np.full((8, 8, 3), level, np.uint8))


def dropped(count: int, folder: str = "") -> list[tuple[str, bytes]]:
    return [(f"{folder}{number:03}.png", flat(number)) for number in range(count)]


def add(source, name="set", settings=SMALL, **options) -> Added:
    *_, added = add_own(source, name, settings, **options)
    assert isinstance(added, Added)
    return added


def nothing_is_left(data: Path) -> bool:
    return own_datasets() == () and not [path for path in data.rglob("*") if path.is_file() and path.suffix != ".lock"]


# What comes out


def test_a_folder_of_photographs_becomes_a_data_set_like_any_other(photos):
    info = add(photos, "holidays", OwnSettings(size=64), title="Holidays").info

    assert (info.key, info.title, info.kind, info.shape) == ("holidays", "Holidays", "own", (3, 64, 64))
    assert (info.train, info.validation, info.test) == (48, 6, 6)
    assert info.class_names == ("building", "flower")
    assert own_datasets() == (info,)
    assert info in catalog.datasets()
    splits = catalog.load("holidays")
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [48, 6, 6]
    assert splits.shape == (3, 64, 64)


def test_each_image_is_the_picture_its_name_says_with_the_class_of_its_folder(photos):
    add(photos, "set", SMALL)
    splits = load_own("set")
    parts = (splits.train, splits.validation, splits.test)
    images = np.concatenate([part.images for part in parts])
    labels = np.concatenate([part.labels for part in parts])

    for name, image, label in zip(names_of("set"), images, labels, strict=True):
        picture = read_picture(name, photos / name, enough=28)
        np.testing.assert_array_equal(image, fit_picture(picture, 28).pixels)
        assert splits.train.class_names[label] == Path(name).parent.name


def test_the_parts_are_views_of_one_mapped_file(photos):
    add(photos)

    splits = load_own("set")

    for part in (splits.train, splits.validation, splits.test):
        assert isinstance(part.images, np.memmap)
        assert not part.images.flags.owndata


def test_the_same_pictures_give_the_same_set_from_a_folder_an_archive_and_dropped_files(photos, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "photos"), "zip", photos.parent, photos.name)
    files = [(f"{path.parent.name}/{path.name}", path.read_bytes()) for path in photos.rglob("*.jpg")]

    for name, source in (("folder", photos), ("archive", archive), ("files", files[::-1])):
        add(source, name)

    prints = {load_own(name).fingerprint for name in ("folder", "archive", "files")}
    assert len(prints) == 1


def test_the_seed_moves_pictures_between_the_parts_and_the_fingerprint_tells():
    for name, seed in (("first", 0), ("again", 0), ("other", 1)):
        add(dropped(40), name, OwnSettings(size=28, seed=seed))

    first, again, other = (load_own(name) for name in ("first", "again", "other"))
    assert names_of("first") == names_of("again") != names_of("other")
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert sorted(names_of("first")) == sorted(names_of("other"))


def test_settings_are_checked_and_recorded():
    settings = OwnSettings(size=32, fit="pad", channels="1", validation_share=0.2)

    info = add(dropped(20), "grey", settings).info

    assert info.shape == (1, 32, 32)
    assert info.validation == 4
    assert OwnSettings.from_dict(settings_of("grey")) == settings
    with pytest.raises(SettingError, match="from 28 to 128"):
        OwnSettings(size=20)


def test_progress_counts_every_file_up_to_the_total():
    events = list(add_own([*dropped(12), ("note.txt", b"hello\n")], "set", SMALL))

    progress, last = events[:-1], events[-1]
    assert all(isinstance(each, Progress) for each in progress)
    assert [each.done for each in progress] == list(range(14))
    assert progress[-1] == Progress(13, 13, 1)
    assert last.skipped == (Skipped("note.txt", last.skipped[0].reason),)


# What is left out


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")  # the decoder remarks on damaged EXIF
def test_a_folder_of_hostile_files_gives_the_good_ones_and_a_reason_for_each_other(tmp_path):
    expected = make_corpus(tmp_path / "corpus")

    added = add(tmp_path / "corpus")

    good = sum(outcome.accepted for outcome in expected.values())
    assert added.info.count == good
    assert len(added.skipped) == len(expected) - good
    assert skipped_of("set") == added.skipped
    for name, reason in ((each.name, each.reason) for each in added.skipped):
        assert re.search(expected[name].says, reason), name


def test_hostile_archives_give_their_good_pictures_and_a_reason_for_each_other(tmp_path):
    for name, (count, says) in make_archives(tmp_path / "archives").items():
        path = tmp_path / "archives" / name
        if count < 0:
            with pytest.raises(DataError, match=says):
                list(pictures_in(path))
            continue
        outcomes = list(pictures_in(path))
        assert [each.name for each in outcomes if isinstance(each, Picture)] == ["fine.png"], name
        (skipped,) = [each for each in outcomes if isinstance(each, Skipped)]
        assert says in skipped.reason, name


def test_nothing_of_an_archive_is_written_anywhere(tmp_path, data):
    make_archives(tmp_path / "archives")
    before = set(tmp_path.rglob("*"))

    with pytest.raises(DataError, match="needs at least 10"):
        add(tmp_path / "archives" / "slip.zip")

    assert {path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"} <= before
    assert not (tmp_path.parent / "evil.png").exists()


def test_links_that_lead_out_of_the_folder_are_not_followed(tmp_path):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.png").write_bytes(flat(1))
    (folder / "own.png").write_bytes(flat(2))
    (folder / "alias.png").symlink_to(folder / "own.png")
    (folder / "leak.png").symlink_to(outside / "secret.png")
    (folder / "gone.png").symlink_to(folder / "nothing.png")
    (folder / "leaks").symlink_to(outside)
    (folder / "loop").symlink_to(folder)

    outcomes = {each.name: each for each in pictures_in(folder)}

    assert {name for name, each in outcomes.items() if isinstance(each, Picture)} == {"own.png", "alias.png"}
    assert "leads out" in outcomes["leak.png"].reason
    assert "cannot be read" in outcomes["gone.png"].reason
    assert "not followed" in outcomes["leaks"].reason
    assert "not followed" in outcomes["loop"].reason


def test_litter_of_operating_systems_is_ignored_without_a_word(tmp_path):
    litter = ("__MACOSX/a.png", ".DS_Store", "Thumbs.db", "desktop.ini", ".hidden/b.png", "set/._c.png")
    files = {**dict.fromkeys(litter, b"rubbish"), "set/a.png": flat(1)}

    (tmp_path / "a.zip").write_bytes(zipped(files))

    for source in (tmp_path / "a.zip", list(files.items())):
        assert [each.name for each in pictures_in(source)] == ["set/a.png"]


def test_too_few_good_pictures_is_an_error_with_the_first_reasons(data):
    bad = [("a.jpg", b"text\n"), ("b.jpg", b""), ("c.jpg", b"%PDF-1.7"), ("d.jpg", b"")]

    with pytest.raises(DataError) as refused:
        add([*dropped(9), *bad])

    said = str(refused.value)
    assert "9 usable pictures among 13 files: a data set needs at least 10." in said
    assert "a.jpg: this is text" in said
    assert "d.jpg" not in said
    assert nothing_is_left(data)


# Classes


def classes_of(paths: list[str]) -> list[str | None]:
    with open_source([(path, b"") for path in paths]) as contents:
        found = {each.name: each.class_name for each in contents.candidates}
    return [found[path] for path in paths]


def test_subfolders_become_classes_wherever_they_begin_to_distinguish():
    assert classes_of(["cat/1.png", "dog/2.png"]) == ["cat", "dog"]
    assert classes_of(["top/pets/cat/1.png", "top/pets/dog/deep/2.png"]) == ["cat", "dog"]
    assert classes_of(["1.png", "2.png"]) == [None, None]
    assert classes_of(["top/1.png", "top/2.png"]) == [None, None]
    assert classes_of(["1.png", "cat/2.png"]) == ["unsorted", "cat"]


def test_somebody_elses_split_is_no_class():
    assert classes_of(["set/train/cat/1.png", "set/test/dog/2.png"]) == ["cat", "dog"]
    assert classes_of(["train/1.png", "test/2.png"]) == ["train", "test"]


def test_a_note_beside_the_folders_does_not_make_their_parent_a_class():
    assert classes_of(["README.txt", "set/cat/1.png", "set/dog/2.png"])[1:] == ["cat", "dog"]


def test_folders_without_number_are_a_way_to_store_and_no_classes():
    assert set(classes_of([f"{day}/1.png" for day in range(MOST_CLASSES + 1)])) == {None}


def test_a_class_without_a_good_picture_is_none():
    files = [*dropped(6, "cat/"), *dropped(6, "dog/"), ("mouse/1.png", b"")]

    assert add(files).info.class_names == ("cat", "dog")


def test_each_dropped_archive_is_a_folder_of_its_name():
    cats, dogs = zipped(dict(dropped(2))), zipped(dict(dropped(1)))

    with open_source([("cats.zip", cats), ("dogs.zip", dogs)]) as contents:
        found = [(each.name, each.class_name) for each in contents.candidates]

    assert found == [("cats/000.png", "cats"), ("cats/001.png", "cats"), ("dogs/000.png", "dogs")]


# Limits


def test_a_damaged_archive_among_dropped_files_is_left_out_and_the_others_go_on():
    broken = zipped({"a.png": flat(1)})[:-30]

    added = add([*dropped(12), ("broken.zip", broken)])

    assert added.info.count == 12
    assert [(each.name, "damaged" in each.reason) for each in added.skipped] == [("broken.zip", True)]


def test_an_archive_of_too_many_files_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_bytes(zipped(dict(dropped(30))))

    def parsed(*_):
        raise AssertionError("the archive was parsed")

    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", parsed)
    with pytest.raises(DataError, match="more than 29 files"):
        list(pictures_in(tmp_path / "a.zip", SourceLimits(files=29)))


def test_a_folder_and_dropped_files_are_counted_too(tmp_path):
    for name, content in dropped(6):
        (tmp_path / name).write_bytes(content)

    for source in (tmp_path, dropped(6)):
        with pytest.raises(DataError, match="more than 5 files"):
            list(pictures_in(source, SourceLimits(files=5)))
        assert len(list(pictures_in(source, SourceLimits(files=6)))) == 6


def test_the_total_is_counted_while_reading(tmp_path, data):
    files = dropped(40)
    (tmp_path / "a.zip").write_bytes(zipped(dict(files)))
    limits = SourceLimits(total_bytes=sum(len(content) for _, content in files) - 1)

    for source in (tmp_path / "a.zip", files):
        with pytest.raises(DataError, match="divide them"):
            add(source, limits=limits)
        assert nothing_is_left(data)


def test_the_total_counts_all_archives_together():
    one, other = dict(dropped(12, "one/")), dict(dropped(12, "other/"))
    archives = [("one.zip", zipped(one)), ("other.zip", zipped(other))]
    most = sum(map(len, one.values()))

    assert len(list(pictures_in(archives[:1], SourceLimits(total_bytes=most)))) == 12
    with pytest.raises(DataError, match="divide them"):
        list(pictures_in(archives, SourceLimits(total_bytes=most)))


def test_one_long_entry_of_an_archive_is_left_out(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped({"a.png": flat(1), "long.png": flat(2) + bytes(10_000)}))
    limits = SourceLimits(picture=PictureLimits(file_bytes=5_000))

    taken, skipped = pictures_in(tmp_path / "a.zip", limits)

    assert taken.name == "a.png"
    assert "which is the limit" in skipped.reason
    with (
        open_source(tmp_path / "a.zip", limits) as contents,
        pytest.raises(PictureError, match="which is the limit"),  # while it is read, not once it lies in memory
    ):
        contents.candidates[1].entry.read()


# Names


def test_a_name_becomes_a_plain_key_and_stays_as_the_title():
    info = add(dropped(10), "Été à Paris! 2026").info

    assert (info.key, info.title) == ("ete_a_paris_2026", "Été à Paris! 2026")


@pytest.mark.parametrize(
    ("name", "says"), [("mnist", "laboratory itself"), ("Fashion-MNIST ", "laboratory itself"), ("///", "no letter")]
)
def test_names_that_cannot_be_used_are_refused_at_once(name, says):
    with pytest.raises(DataError, match=says):
        add_own(dropped(10), name)


def test_a_name_that_is_taken_is_refused_until_its_set_is_deleted(data):
    add(dropped(10))
    with pytest.raises(DataError, match="already an own data set 'set'"):
        add_own(dropped(10), "Set")

    delete_own("set")

    assert nothing_is_left(data)
    add(dropped(10))


@pytest.mark.parametrize("name", ["../outside", "", "a/b", ".unfinished", "nothing"])
def test_what_is_not_there_cannot_be_loaded_or_deleted(name, tmp_path):
    (tmp_path / "outside").mkdir()

    for ask in (load_own, delete_own, skipped_of, names_of):
        with pytest.raises(DataError):
            ask(name)

    assert (tmp_path / "outside").is_dir()


# Preview


def test_a_preview_shows_what_the_set_will_hold_and_writes_nothing(photos, data):
    shown = preview(photos, SMALL, count=8)

    assert not data.exists()
    assert shown.images.shape == (8, 3, 28, 28)
    assert shown.files == 60
    assert shown.files_per_class == {"building": 30, "flower": 30}
    assert all("resized to 28 x 28" in how for how in shown.how)
    add(photos)
    assert shown.names == names_of("set")[:8]
    np.testing.assert_array_equal(shown.images, load_own("set").train.images[:8])


def test_a_preview_of_nothing_usable_gives_the_reasons():
    shown = preview([("a.png", b""), ("b.png", b"text\n")])

    assert shown.images.shape == (0, 3, 64, 64)
    assert len(shown.skipped) == 2


# When it is cut short


def test_leaving_early_leaves_nothing_behind(photos, data):
    events = add_own(photos, "set", SMALL)
    for event in events:
        if event.done == 5:
            break

    events.close()

    assert nothing_is_left(data)
    add(photos)


def test_the_set_is_not_listed_before_it_is_whole(photos):
    for event in add_own(photos, "set", SMALL):
        assert isinstance(event, Added) or own_datasets() == ()
    assert len(own_datasets()) == 1


def test_two_cannot_make_the_same_set_at_once(photos):
    first = add_own(photos, "set", SMALL)
    next(first)

    with pytest.raises(DataError, match="just being made"):
        add(photos)

    *_, added = first
    assert added.info.count == 60


def test_a_full_disk_is_said_and_leaves_nothing_behind(photos, data):
    """The limit on the size of a file stands for a full disk: the system refuses to write on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(DataError, match="no room left") as refused:
            add(photos)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert refused.value.__cause__.errno == errno.EFBIG
    assert nothing_is_left(data)


def test_a_disk_that_is_too_small_is_said_before_the_work_begins(photos, data, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 100_000))

    with pytest.raises(DataError, match="60 pictures need up to 0 MB and 0 MB are free"):
        add(photos)

    assert nothing_is_left(data)


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "file"))

    assert own_datasets() == ()
    with pytest.raises(DataError, match=r"file/own cannot be written .*AECORE_DATA"):
        add(dropped(10))


def test_what_a_killed_intake_leaves_is_cleared_at_the_next_start(photos, data):
    code = (
        "import sys; from aecore.data.intake import OwnSettings, add_own\n"
        "for event in add_own(sys.argv[1], 'set', OwnSettings(size=28)):\n"
        "    if event.done == 30: print('half', flush=True); sys.stdin.read()\n"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", code, str(photos)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
    )
    with killed:
        assert killed.stdout.readline() == b"half\n"
        clear_unfinished()  # the living are left alone
        assert (data / "own/.unfinished/set/images.npy").exists()
        killed.send_signal(signal.SIGKILL)
    assert (data / "own/.unfinished/set/images.npy").exists()
    assert own_datasets() == ()

    add(dropped(10), "other")

    assert not (data / "own/.unfinished/set").exists()
    assert add(photos).info.count == 60


# Damage


def test_a_damaged_description_is_not_listed_and_the_name_can_be_used_again(data):
    add(dropped(10))
    (data / "own/set/info.json").write_text('{"key": "set"')

    assert own_datasets() == ()
    with pytest.raises(DataError, match=r"is damaged \(info\.json .*\): delete it"):
        load_own("set")
    add(dropped(12))
    assert own_datasets()[0].count == 12


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "info.json is missing"),
        ('{"key": "set"', "info.json cannot be read"),
        ("[]", "info.json holds no description"),
        ("{}", "info.json lacks 'shape'"),
        ('{"shape": 5}', "info.json: 'int' object is not iterable"),
        ('{"shape": ["3", 28, 28]}', "info.json: '3' is no int"),
        ('{"shape": [28, 28]}', "info.json: not enough values"),
    ],
)
def test_a_damaged_description_is_told_apart_with_its_reason_and_can_be_deleted(data, content, reason):
    add(dropped(10))
    file = data / "own/set/info.json"
    file.unlink()
    if content is not None:
        file.write_text(content)

    assert own_datasets() == ()
    (damage,) = damaged_own()
    assert damage.name == "set"
    assert reason in damage.reason
    delete_own("set")
    assert damaged_own() == ()


def test_a_set_goes_by_the_name_of_its_folder(data):
    add(dropped(10))
    (data / "own/set").rename(data / "own/renamed")

    assert [info.key for info in own_datasets()] == ["renamed"]
    assert len(catalog.load("renamed").train) == 8


def test_a_name_taken_while_pictures_are_taken_in_is_refused_and_the_other_set_stays(data):
    slow = add_own(dropped(12), "set", SMALL)
    add(dropped(10), "other")
    (data / "own/other").rename(data / "own/set")

    with pytest.raises(DataError, match="already an own data set 'set'"):
        list(slow)
    assert own_datasets()[0].count == 10


def test_a_list_of_skipped_files_that_is_none_is_damage(data):
    add(dropped(10))
    (data / "own/set/skipped.json").write_text("[1, 2]")

    with pytest.raises(DataError, match=r"skipped\.json holds something else"):
        skipped_of("set")


def test_the_fingerprint_is_known_without_reading_pictures(data):
    add(dropped(10))
    expected = load_own("set").fingerprint
    (data / "own/set/images.npy").unlink()

    assert fingerprint_of("set") == expected


def test_images_cut_short_are_damage_and_not_a_crash(data):
    add(dropped(10))
    file = data / "own/set/images.npy"
    file.write_bytes(file.read_bytes()[:-1000])

    with pytest.raises(DataError, match="is damaged"):
        load_own("set")


def test_images_that_are_not_what_was_described_are_damage(data):
    add(dropped(10))
    file = data / "own/set/info.json"
    file.write_text(file.read_text().replace('"train": 8', '"train": 7'))

    with pytest.raises(DataError, match="is damaged"):
        load_own("set")


@pytest.mark.parametrize("source", ["nothing/there", "bad\0path", "~nobody_of_that_name/x"])
def test_a_source_that_does_not_exist_is_named(source):
    with pytest.raises(DataError, match="give a folder or a zip archive"):
        list(pictures_in(source))


def test_a_single_picture_is_no_source(tmp_path):
    (tmp_path / "a.png").write_bytes(flat(0))

    with pytest.raises(DataError, match="not a set of pictures"):
        list(pictures_in(tmp_path / "a.png"))


def test_deleting_while_it_is_open_keeps_what_is_mapped(data):
    add(dropped(10))
    splits = load_own("set")

    delete_own("set")

    assert own_datasets() == ()
    assert splits.train.images.shape == (8, 3, 28, 28)
    assert int(splits.train.images.max()) <= 9
    del splits
    gc.collect()


PATCHES = OwnSettings(size=28, fit="patches", shrink=2.0, validation_share=0.2, test_share=0.2)


def numbered(count: int, width: int = 200, height: int = 130) -> list[tuple[str, bytes]]:
    """Pictures of one level each, so that a piece of one tells from which it is."""
    return [
        (f"{each:02}.png", encoded("PNG", np.full((height, width, 3), 10 * each, np.uint8))) for each in range(count)
    ]


def test_pictures_are_cut_into_squares_that_lie_side_by_side():
    added = add(numbered(12), settings=PATCHES)
    # Halved they are 100 x 65: three squares across, two down.
    assert added.info.count == 12 * 6
    assert added.info.shape == (3, 28, 28)
    assert "00.png (2, 3)" in catalog.file_names("set")


def test_no_part_has_a_piece_of_another_parts_picture():
    added = add(numbered(12), settings=PATCHES)
    splits = catalog.load("set")
    seen = [set(np.unique(part.images)) for part in (splits.train, splits.validation, splits.test)]
    assert [len(each) for each in seen] == [8, 2, 2]
    assert not seen[0] & seen[1] | seen[0] & seen[2] | seen[1] & seen[2]
    assert [added.info.train, added.info.validation, added.info.test] == [48, 12, 12]


def test_a_picture_too_small_for_one_square_is_left_out_with_its_size():
    added = add([*numbered(12), ("small.png", encoded("PNG", np.zeros((50, 90, 3), np.uint8)))], settings=PATCHES)
    assert added.skipped == (
        Skipped("small.png", "made 2 times smaller it has no square of 28 pixels: it has 90 x 50."),
    )


def test_a_square_is_the_picture_made_smaller():
    picture = read_picture(
        "a.png", encoded("PNG", np.random.default_rng(0).integers(0, 255, (64, 70, 3), dtype=np.uint8))
    )
    (square, *others) = patches_of(picture, 30, 2.0, 3)
    small = Image.fromarray(picture.pixels).resize((35, 32), Image.Resampling.LANCZOS)
    assert others == []
    assert np.array_equal(square.pixels.transpose(1, 2, 0), np.asarray(small)[1:31, 2:32])


def test_a_preview_of_squares_shows_some_of_several_pictures():
    shown = preview(numbered(12), PATCHES, count=8)
    assert len(shown.images) == 8
    assert len({name.split(" ")[0] for name in shown.names}) == 4
