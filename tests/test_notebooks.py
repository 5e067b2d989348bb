"""The notebooks run from their first cell to their last in a kernel of their own, and say what they promise."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from aecore.data.catalog import load

FOLDER = Path(__file__).parent.parent / "docs" / "notebooks"
NAMES = ["mnist", "denoising"]
LONGEST_S = 240  # of one cell; on a quiet machine none takes more than a few


def stored(name):
    return json.loads((FOLDER / f"{name}.ipynb").read_text())


def printed(notebook):
    return "".join(each.text for cell in notebook.cells for each in cell.get("outputs", []) if "text" in each)


def shown(notebook, kind):
    return [each for cell in notebook.cells for each in cell.get("outputs", []) if kind in each.get("data", {})]


@pytest.fixture(scope="module", params=NAMES)
def executed(request, tmp_path_factory):
    """The notebook after all of its cells, run where it lies with runs going elsewhere."""
    load("mnist"), load("fashion_mnist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        notebook = nbformat.read(FOLDER / f"{request.param}.ipynb", as_version=4)
        client = NotebookClient(notebook, timeout=LONGEST_S, resources={"metadata": {"path": str(FOLDER)}})
        client.execute()
    return request.param, notebook


def test_a_notebook_runs_to_its_end_and_shows_pictures_and_charts(executed):
    name, notebook = executed
    assert len(shown(notebook, "image/png")) >= 5
    assert len(shown(notebook, "application/vnd.plotly.v1+json")) == {"mnist": 2, "denoising": 1}[name]
    numbers = printed(notebook)
    assert {"mnist": "principal components", "denoising": "best linear denoiser"}[name] in numbers
    assert "nan" not in numbers
    if name == "mnist":
        errors = [float(each) for each in re.findall(r"training +([\d.]+)", numbers)]
        checked = [float(each) for each in re.findall(r"validation +([\d.]+)$", numbers, re.MULTILINE)]
        assert errors[-1] < errors[0] / 4  # learned by heart ...
        assert checked[-1] > 3 * errors[-1]  # ... and nothing else


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_stored_without_outputs_and_names_its_sources(name):
    cells = stored(name)["cells"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if "outputs" in cell)
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 30_000
    first = "".join(cells[0]["source"])
    assert "Sources:" in first
    assert len(re.findall(r"(?:19|20)\d\d", first)) >= 3
    assert "!" not in "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
