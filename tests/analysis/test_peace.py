"""Whether a measurement was made in peace."""

import os
import subprocess
import sys
import time

import pytest

from aecore.analysis.peace import Use, in_peace

START = Use(clock=0.0, thread=0.0, process=0.0, busy=0.0, idle=0.0)


@pytest.mark.parametrize(
    ("what", "after", "peace"),
    [
        ("both processors are its own", Use(1.0, 1.0, 2.0, 2.0, 0.0), True),
        ("another process takes one of two", Use(1.0, 1.0, 1.0, 2.0, 0.0), False),
        ("another thread of the process takes one of two", Use(1.0, 0.5, 2.0, 2.0, 0.0), False),
        ("others take sixty of sixty-four, and two stand idle", Use(1.0, 1.0, 2.0, 62.0, 2.0), True),
        ("a little of something else", Use(1.0, 0.9, 1.8, 2.0, 0.0), True),
    ],
)
def test_others_disturb_where_no_processor_is_free(what, after, peace):
    assert in_peace(START, after, threads=2) == peace


def test_a_machine_that_is_full_is_noticed():
    """Twice as many processes as processors, each as busy as can be."""
    code = "print('begun', flush=True)\nwhile True: pass"
    others = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2 * (os.cpu_count() or 1))
    ]
    try:
        for each in others:
            each.stdout.readline()
        before, ends = Use.now(), time.monotonic() + 1.0
        while time.monotonic() < ends:
            pass
        assert not in_peace(before, Use.now(), threads=1)
    finally:
        for each in others:
            each.kill()
            each.wait()
            each.stdout.close()
