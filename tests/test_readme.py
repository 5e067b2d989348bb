"""The README's examples: the shell's are commands that exist, Python's is run and prints what stands there."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from aecore.cli.main import parser
from aecore.cli.training import read_changes
from aecore.data.catalog import load
from aecore.training.recipe import DataChoice, make_recipe

README = (Path(__file__).parent.parent / "README.md").read_text()
NUMBER = re.compile(r"\d[\d,]*\.?\d*")
TOLERANCE = 0.05  # another processor, another precision


def section(title):
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def blocks(title, language):
    """The code blocks of one language in a section."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", section(title), flags=re.MULTILINE | re.DOTALL)
    return [block for known, block in fenced if known == language]


def shell_lines():
    (block,) = blocks("From the shell", "sh")
    return block.splitlines()


def parsed(line):
    words = shlex.split(line, comments=True)
    assert words[:3] == ["python3", "-m", "aecore"]
    return parser().parse_args(words[3:], argparse.Namespace(json=False, runs=None))


@pytest.mark.parametrize("line", shell_lines())
def test_a_line_for_the_shell_is_a_command(line):
    options = parsed(line)

    if hasattr(options, "variant") and hasattr(options, "changes"):
        assert make_recipe(options.variant, DataChoice(options.dataset), read_changes(options.changes))


def test_the_lines_for_the_shell_are_few():
    assert len(shell_lines()) == 20
    assert max(map(len, shell_lines())) <= 120


def test_the_example_in_python_runs_and_prints_what_stands_below_it(tmp_path, monkeypatch, capsys):
    (program,), (output,) = blocks("From Python", "python"), blocks("From Python", "")
    load("mnist")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AECORE_RUNS")

    exec(compile(program, "README.md", "exec"), {"__name__": "readme"})

    printed = capsys.readouterr().out
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", output)
    assert numbers(printed) == pytest.approx(numbers(output), rel=TOLERANCE)
    assert len(list((tmp_path / "runs").glob("2*"))) == 1


def numbers(text):
    return [float(each.replace(",", "")) for each in NUMBER.findall(text)]
