"""Two real processes on this machine, started by torchrun, against one."""

import json
import subprocess
import sys

import pytest

from aecore.errors import SettingError
from aecore.training.distributed import Company
from aecore.training.loop import Training
from tests.training.divided import CASES, CPU, SPLITS, numbers
from tests.training.test_loop import small

DEADLINE_S = 240.0  # for a machine under load


def torchrun(*words: str) -> list[str]:
    """The command that starts two processes."""
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", *words]


@pytest.fixture(scope="session")
def divided(tmp_path_factory):
    """The numbers of all cases by two processes."""
    file = tmp_path_factory.mktemp("divided") / "numbers.json"
    ended = subprocess.run(
        torchrun("tests.training.divided", str(file)), capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(file.read_text())


@pytest.mark.parametrize("case", CASES)
def test_two_processes_train_as_one(divided, case):
    """Sums are rounded in another order, which eight small steps do not make much of."""
    alone = numbers(case)
    for epoch, together in zip(alone["train"], divided[case]["train"], strict=True):
        assert together == pytest.approx(epoch, rel=2e-4, abs=1e-5)
    for epoch, together in zip(alone["validation"], divided[case]["validation"], strict=True):
        assert together == pytest.approx(epoch, rel=2e-4, abs=1e-5)
    assert divided[case]["weights"] == pytest.approx(alone["weights"], rel=1e-3, abs=1e-5)


def test_two_processes_agree_when_a_checkpoint_is_kept(divided):
    assert divided["pressing"] == [[True, True, True]] * 2


def test_a_batch_smaller_than_the_number_of_processes_is_refused_before_anything_is_trained():
    company = Company()
    company.ranks = 40
    with pytest.raises(SettingError, match="A batch of 32 cannot be divided among 40 processes"):
        Training(small(), SPLITS, CPU, company=company)
