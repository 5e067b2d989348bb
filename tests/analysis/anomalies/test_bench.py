"""Where known anomalies come from, and that both kinds are scored by the same detector."""

import numpy as np
import pytest

from aecore.analysis.anomalies.bench import NONE, OTHER_CLASSES, anomalies_for, anomalous_images, make_bench
from aecore.analysis.anomalies.detector import fit_detector
from aecore.errors import SettingError
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from tests.pages.oblong import make_oblong, train


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A run whose normal images are two classes of four, and one of all classes."""
    make_oblong()
    make_oblong("others")
    runs = Runs(tmp_path_factory.mktemp("bench") / "runs")
    return {name: open_run(train(runs, "simple", name, epochs=1, classes=classes))
            for name, classes in (("two", (0, 2)), ("all", ()))}  # fmt: skip


def test_anomalies_are_other_classes_or_other_data_sets_of_the_same_shape_or_unknown(opened):
    assert anomalies_for(opened["two"]) == (OTHER_CLASSES, "others", NONE)
    assert anomalies_for(opened["all"]) == ("others", NONE)
    assert set(anomalous_images(opened["two"], OTHER_CLASSES).labels.tolist()) == {1, 3}
    assert len(anomalous_images(opened["all"], NONE)) == 0
    with pytest.raises(SettingError, match="cannot come from 'mnist': choose one of others, none"):
        anomalous_images(opened["all"], "mnist")


def test_both_kinds_have_every_score_of_the_detector_and_a_ranking(opened):
    two = opened["two"]
    detector = fit_detector(two)
    told = []
    bench = make_bench(detector, two, OTHER_CLASSES, most=9, progress=told.append)
    assert (len(bench.normal), len(bench.anomalous)) == (9, 9)
    assert np.array_equal(bench.normal_scores["pca_residual"], detector.scores(bench.normal.images)["pca_residual"])
    assert bench.ranking("pixel_neighbours").auroc > 0.95  # another quarter is bright
    assert told[-1] == pytest.approx(1.0)


def test_without_known_anomalies_there_is_no_ranking(opened):
    bench = make_bench(fit_detector(opened["two"]), opened["two"], NONE, most=5)
    assert bench.ranking("together") is None
    assert len(bench.normal_scores["together"]) == 5
