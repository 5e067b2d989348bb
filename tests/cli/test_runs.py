"""Looking after runs from the shell."""


def test_runs_are_listed_with_their_numbers(lab, trained):
    first, *others = lab.json("runs")

    assert (first["id"], first["name"], first["dataset"]) == (trained, "Colours on a plane", "colours")
    assert (first["image_shape"], first["latent"], first["epochs_done"]) == ([3, 28, 28], 3, 2)
    assert first["loss"] == lab.runs.get(trained).metrics()[-1]["validation"]["loss"]
    assert all(each["starter"] for each in others)
    assert f"{trained}  Colours on a plane" in lab("runs").out


def test_a_run_is_shown_with_its_recipe_its_machine_and_its_log(lab, trained):
    document = lab.json("show", trained)

    assert document["recipe"] == lab.runs.get(trained).recipe_values()
    assert document["environment"]["precision"] in ("float32", "tf32", "bfloat16")
    assert document["snapshots"] == [1, 2]
    text = lab("show", trained).out
    assert "stages 1\n" in text
    assert text.rstrip().endswith("s of training.")


def test_a_run_goes_by_its_name_and_by_the_beginning_of_its_id(lab, trained):
    assert lab.json("show", "Colours on a plane")["id"] == trained
    assert lab.json("show", trained[:-2])["id"] == trained


def test_a_deleted_run_is_gone_until_it_is_brought_back(lab, trained):
    assert lab.json("delete", trained) == {"deleted": trained}
    assert f"'{trained}'" in lab.refused("show", trained)
    assert "is not in the trash" in lab.refused("undo", "nowhere")

    assert lab.json("undo", trained)["run"] == trained
    assert lab.json("show", trained)["state"] == "finished"
    assert f"to bring it back: python -m aecore undo {trained}\n" in lab("delete", trained).out


def test_a_starter_run_is_not_deleted(lab):
    starter = next(each["id"] for each in lab.json("runs") if each["starter"])

    assert "ships with the lab: it cannot be deleted" in lab.refused("delete", starter)


def test_a_damaged_run_is_listed_and_shown_with_what_is_wrong(lab, trained):
    (lab.runs.get(trained).path / "recipe.json").write_text("{")

    document = lab.json("show", trained)

    assert document["damaged"]
    assert document["recipe"] is None
    assert "recipe.json is damaged" in document["message"]
    assert document["message"] in lab("runs").out
    assert "recipe.json is damaged" in lab.refused("evaluate", trained)
    assert "recipe.json is damaged" in lab.refused("resume", trained, "--epochs", "1")


def test_an_empty_lab_says_so(lab, monkeypatch, tmp_path):
    from aecore import places

    monkeypatch.setattr(places, "STARTER_RUNS", tmp_path / "none")

    assert lab("runs").out == "There are no runs yet.\n"
    assert lab.json("runs") == []
