"""The top-k bottleneck: who wins, who is helped, and what a stopped run must not forget."""

import numpy as np
import pytest
import torch

from aecore.bottlenecks.top_k import RATE, TopK, TopKSettings
from aecore.errors import SettingError
from aecore.training.checkpoints import read_checkpoint
from aecore.training.loop import Training
from aecore.training.precision import find_device
from aecore.training.recipe import DataChoice, make_recipe
from tests.made_up import made_up_splits

FEATURES = torch.tensor([[3.0, 1.0, 2.0, -5.0], [-1.0, -2.0, 4.0, -3.0]])


def top_k(code_size=4, active_units=2, boost=1.0):
    return TopK(TopKSettings(code_size=code_size, active_units=active_units, boost=boost))


def test_the_k_largest_are_kept_and_negative_ones_never():
    bottleneck = top_k()
    assert bottleneck.code(FEATURES).tolist() == [[3.0, 0.0, 2.0, 0.0], [0.0, 0.0, 4.0, 0.0]]
    assert torch.equal(bottleneck(FEATURES, torch.Generator()).codes, bottleneck.code(FEATURES))


def test_gradients_reach_the_winners_alone():
    features = FEATURES.clone().requires_grad_()
    top_k()(features, None).codes.sum().backward()
    assert features.grad is not None
    assert features.grad.tolist() == [[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]]


def test_a_step_notes_how_often_every_unit_was_on_and_looking_does_not():
    bottleneck = top_k().eval()
    bottleneck(FEATURES, None)
    bottleneck.code(FEATURES)
    assert bottleneck.often.tolist() == [0.5] * 4
    bottleneck.train()(FEATURES, None)
    expected = [(1 - RATE) * 0.5 + RATE * share for share in (0.5, 0.0, 1.0, 0.0)]
    assert bottleneck.often.tolist() == pytest.approx(expected)


def test_a_unit_that_is_never_on_wins_in_the_end_with_the_activation_it_has():
    """Unit 1 with 1.0 stands against 3.0 and 2.0: it needs a boost of more than 2, exp(1) against exp(-1)."""
    bottleneck = top_k().train()
    for _ in range(500):
        bottleneck(FEATURES[:1], None)
    assert 0.1 < float(bottleneck.often[1]) < 0.9
    bottleneck.often.copy_(torch.tensor([1.0, 0.0, 1.0, 0.0]))
    code = bottleneck.code(FEATURES[:1])
    assert code[0, 1] == 1.0
    assert (code != 0).sum() == 2


def test_without_boost_the_largest_win_whatever_happened_before():
    bottleneck = top_k(boost=0.0)
    bottleneck.often.copy_(torch.tensor([1.0, 0.0, 1.0, 0.0]))
    assert bottleneck.code(FEATURES[:1]).tolist() == [[3.0, 0.0, 2.0, 0.0]]


def test_as_many_units_as_numbers_is_a_relu_and_more_is_refused():
    assert top_k(4, 4).code(FEATURES).tolist() == FEATURES.relu().tolist()
    with pytest.raises(SettingError, match=r"active_units is 5, but the code has 4 numbers: choose at most 4"):
        TopKSettings(code_size=4, active_units=5)


def trained(checkpoint=None, stop_at=None):
    """Six steps on made-up pictures; stopped and gone on with from the file that was written."""
    changes = {
        "bottleneck.kind": "top_k", "bottleneck.code_size": 12, "bottleneck.active_units": 3, "penalty.kind": "none",
        "training.epochs": 2, "training.batch_size": 100,
    }  # fmt: skip
    recipe = make_recipe("sparse", DataChoice("made_up"), changes, seed=3)
    training = Training(recipe, made_up_splits(), find_device("cpu"), checkpoint)
    for _ in training.events():
        if stop_at is not None and training.position.step >= stop_at:
            break
    return training


def test_a_stopped_run_goes_on_with_the_boost_it_had(tmp_path):
    stopped = trained(stop_at=3)
    assert 0 < stopped.position.step < 6
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(stopped.checkpoint().to_bytes())
    resumed, straight = trained(read_checkpoint(file)), trained()
    often = straight.model.bottleneck.often
    assert float((often - 3 / 12).abs().max()) > 0.001
    for name, each in straight.model.state_dict().items():
        assert torch.equal(each, resumed.model.state_dict()[name]), name


def test_an_exported_encoder_chooses_the_same_units(tmp_path, monkeypatch):
    import jaxtyping
    import onnxruntime

    from aecore.analysis.export import encoder_onnx
    from tests.analysis.conftest import make

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # see test_export
    changes = {"bottleneck__kind": "top_k", "bottleneck__active_units": 5, "penalty__kind": "none"}
    model = make("sparse", fit=20, bottleneck__code_size=40, **changes)
    session = onnxruntime.InferenceSession(encoder_onnx(model), providers=["CPUExecutionProvider"])
    pictures = model.splits.test.images.astype(np.float32) / 255
    (codes,) = session.run(None, {"images": pictures})
    expected = model.composition.model.encode(torch.from_numpy(pictures)).numpy()
    assert ((expected > 0).sum(1) <= 5).all()
    assert float((model.composition.model.bottleneck.often - 5 / 40).abs().max()) > 0.001
    np.testing.assert_array_equal(codes > 0, expected > 0)
    np.testing.assert_allclose(codes, expected, atol=1e-5)
