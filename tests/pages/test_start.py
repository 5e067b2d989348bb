"""What a start of the lab tidies up."""

import asyncio

from aecore.data.own import folder_of
from aecore.runs.store import Runs
from pages.shared.serving import tidied
from tests.runs.tiny import tiny_recipe


def test_a_start_of_the_lab_empties_the_trash(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_RUNS", str(tmp_path))
    runs = Runs()
    deleted = runs.delete(runs.create(tiny_recipe()).id)
    assert runs.trashed() == (deleted,)

    async def start() -> None:
        async with tidied(None):
            pass

    asyncio.run(start())
    assert runs.trashed() == ()


def test_a_start_of_the_lab_clears_what_an_intake_left_unfinished(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    left = folder_of("x").parent / ".unfinished" / "holidays"
    left.mkdir(parents=True)

    async def start() -> None:
        async with tidied(None):
            pass

    asyncio.run(start())
    assert not left.exists()
