"""A run as a zip and back, and zips that are no runs."""

import io
import json
import zipfile

import pytest

from aecore.errors import RunError
from aecore.jobs import make_ready, run_here
from aecore.runs import archive
from aecore.runs.weights import newest_checkpoint
from tests.runs.tiny import tiny_recipe


def entries(file):
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def zipped(contents):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)
    file.seek(0)
    return file


@pytest.fixture
def exported(runs, trained):
    """The entries of a run's zip below its folder."""
    return {name.partition("/")[2]: content for name, content in entries(runs.export_zip(trained.id)).items()}


def test_a_run_comes_back_from_its_zip_under_a_new_id_when_it_is_still_there(runs, trained):
    again = runs.import_zip(runs.export_zip(trained.id))

    assert again.id != trained.id
    assert again.metrics() == trained.metrics()
    assert again.recipe() == trained.recipe()
    assert newest_checkpoint(again)[0].position == newest_checkpoint(trained)[0].position
    assert again.snapshots() == trained.snapshots()
    assert again.summary().name == trained.summary().name


@pytest.mark.parametrize("can", [True, False])
def test_what_a_run_can_do_travels_with_it(runs, exported, can):
    status = json.loads(exported["status.json"]) | {"encodes": not can, "generates": can}
    exported["status.json"] = json.dumps(status).encode()

    summary = runs.import_zip(zipped({f"it/{name}": each for name, each in exported.items()})).summary()

    assert (summary.encodes, summary.generates) == (not can, can)


def test_a_run_keeps_its_id_where_it_is_free(runs, trained):
    file = runs.export_zip(trained.id, runs.root.parent / "run.zip")
    runs.delete(trained.id)
    runs.empty_trash()

    assert runs.import_zip(file).id == trained.id


def test_an_imported_run_can_be_trained_further(runs, trained):
    again = runs.import_zip(runs.export_zip(trained.id))

    make_ready(again, epochs=1)
    for _ in run_here(again):
        pass

    assert (again.summary().epochs_done, again.summary().epochs_total) == (4, 4)
    assert [line["stage"] for line in again.metrics()] == [0, 0, 0, 1]


def test_a_run_exported_while_it_trained_arrives_as_stopped(runs, exported):
    status = json.loads(exported["status.json"]) | {"state": "running"}

    again = runs.import_zip(zipped(exported | {"status.json": json.dumps(status).encode()}))

    assert again.summary().state == "stopped"


def test_a_zip_packed_again_by_a_file_manager_is_taken_in(runs, exported):
    contents = {f"my run/{name}": content for name, content in exported.items()}

    again = runs.import_zip(zipped(contents | {"__MACOSX/my run/._recipe.json": b"", "my run/.DS_Store": b"x"}))

    assert again.summary().state == "finished"


def test_a_run_that_was_never_started_travels_too(runs):
    run = runs.create(tiny_recipe(), "fresh")

    assert runs.import_zip(runs.export_zip(run.id)).summary().epochs_done == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"../../escape.json": b"{}"}, "no file of a run"),
        ({"/etc/passwd": b"x"}, "no file of a run"),
        ({"../recipe.json": b"{}"}, "no file of a run"),
        ({"snapshots/../../x.safetensors": b"x"}, "no file of a run"),
        ({"code.py": b"print()"}, "no file of a run"),
        ({"recipe.json": b"{"}, "recipe.json is damaged"),
        ({"recipe.json": b'{"colour": 1}'}, "unknown key 'colour'"),
        ({"status.json": b"[]"}, "status.json is damaged"),
        ({"checkpoint.safetensors": b"\x80\x04evil pickle"}, "no checkpoint that can be read"),
        ({"snapshots/00001.safetensors": b"nothing"}, "cannot be read"),
        ({"preview.safetensors": b"nothing"}, "cannot be read"),
        ({"kept/groups.json": b"{}"}, "groups.json is of format None"),
        ({"kept/other.json": b"{}"}, "no file of a run"),
    ],
)
def test_a_zip_that_holds_anything_else_is_refused_and_leaves_nothing(runs, exported, trained, change, said):
    before = sorted(path.name for path in runs.root.rglob("*"))

    with pytest.raises(RunError, match=said):
        runs.import_zip(zipped(exported | change))

    assert sorted(path.name for path in runs.root.rglob("*")) == before
    assert not (runs.root.parent / "escape.json").exists()


def test_a_zip_without_a_recipe_is_no_run(runs, exported):
    del exported["recipe.json"]

    with pytest.raises(RunError, match=r"no recipe\.json"):
        runs.import_zip(zipped(exported))


def test_a_zip_that_unpacks_to_too_much_is_refused_while_it_is_read(runs, exported, monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 20_000_000)

    with pytest.raises(RunError, match="unpacks to more than"):
        runs.import_zip(zipped(exported | {"log.txt": b"0" * 30_000_000}))


def test_a_size_that_the_zip_lies_about_is_not_believed(runs, exported):
    content = zipped(exported | {"log.txt": b"0" * 5_000_000}).getvalue()
    lie = content.replace((5_000_000).to_bytes(4, "little"), (5_000).to_bytes(4, "little"))
    assert lie != content

    with pytest.raises(RunError, match="no zip of a run that can be read"):
        runs.import_zip(io.BytesIO(lie))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"\x89PNG"])
def test_a_file_that_is_no_zip_is_refused(runs, content):
    with pytest.raises(RunError, match="no zip of a run"):
        runs.import_zip(io.BytesIO(content))


def test_a_zip_of_very_many_entries_is_refused(runs):
    with pytest.raises(RunError, match="2,000 entries"):
        runs.import_zip(zipped({f"{index}": b"" for index in range(2000)}))
