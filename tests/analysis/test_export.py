"""Exported models compute what torch computes."""

import threading
import warnings

import jaxtyping
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load

from aecore.analysis.export import OPSET, decoder_onnx, encoder_onnx, export, posterior_onnx, weights
from aecore.analysis.trained import decode, encode
from aecore.errors import SettingError
from aecore.networks.activations import CHOICES

SHAPES = [(1, 28, 28), (3, 20, 24)]

NETWORKS = [
    {"network__kind": "dense", "network__hidden": (40, 20)},
    {"network__kind": "dense", "network__hidden": ()},
    {"network__kind": "conv", "network__channels": (8, 12, 16)},
    {"network__kind": "conv", "network__downsampling": "max_pooling", "network__residual_blocks": 1},
    {"network__kind": "conv", "network__downsampling": "average_pooling", "network__normalisation": True},
    *({"network__kind": "conv", "network__channels": (4,), "network__activation": name} for name in CHOICES),
]
BOTTLENECKS = [
    {"bottleneck__kind": "plain", "bottleneck__code_size": 7},
    {"bottleneck__kind": "gaussian", "bottleneck__code_size": 2, "penalty__kind": "kl"},
]


@pytest.fixture(autouse=True)
def _shapes_unchecked(monkeypatch):
    """While torch records, shapes are tensors, which the tests' shape checks cannot compare."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


def run(content, inputs):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (name,) = (each.name for each in session.get_inputs())
    return session.run(None, {name: inputs})[0]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bottleneck", BOTTLENECKS, ids=lambda each: each["bottleneck__kind"])
@pytest.mark.parametrize("network", NETWORKS, ids=lambda each: "-".join(map(str, each.values())))
def test_onnx_equals_torch_for_every_network_bottleneck_shape_and_batch_size(network, bottleneck, shape, make, splits):
    trained = make("simple", shape, splits(shape, 20), fit=2, **network, **bottleneck)
    decoder, encoder = decoder_onnx(trained), encoder_onnx(trained)
    for count in (1, 5):
        images = trained.splits.train.images[:count]
        codes = np.random.default_rng(count).normal(0, 1, (count, trained.recipe.code_size)).astype(np.float32)
        decoded = run(decoder, codes)
        assert np.abs(decoded - decode(trained, codes)).max() < 1e-5
        assert decoded.min() >= 0
        assert decoded.max() <= 1
        encoded = run(encoder, (images / 255).astype(np.float32))
        assert np.abs(encoded - encode(trained, images)).max() < 1e-5


def test_names_shapes_and_opset_are_those_that_are_documented(make):
    decoder, encoder = (onnx.load_from_string(each(make("variational"))) for each in (decoder_onnx, encoder_onnx))
    assert [each.version for each in decoder.opset_import] == [OPSET]
    names = [
        [(each.name, [d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim]) for each in which]
        for which in (decoder.graph.input, decoder.graph.output, encoder.graph.input, encoder.graph.output)
    ]
    assert names == [
        [("codes", ["batch", 2])],
        [("images", ["batch", 1, 28, 28])],
        [("images", ["batch", 1, 28, 28])],
        [("codes", ["batch", 2])],
    ]


def test_exporting_changes_nothing_in_the_model(make):
    trained = make("convolutional", network__normalisation=True)
    before = {name: each.clone() for name, each in trained.composition.model.state_dict().items()}
    decoder_onnx(trained), encoder_onnx(trained)
    after = trained.composition.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not trained.composition.model.training


def test_several_threads_may_export_at_once(make):
    models = [make("variational", seed) for seed in SHAPES]
    alone = [decoder_onnx(each) for each in models]
    found = {}

    def work(number):
        found[number] = decoder_onnx(models[number % 2])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all(found[number] == alone[number % 2] for number in range(6))


def test_weights_are_a_safetensors_file_with_every_tensor_of_the_model(make):
    trained = make("simple")
    found = load(weights(trained))
    expected = trained.composition.model.state_dict()
    assert set(found) == set(expected)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_what_can_be_exported_has_a_name(make):
    trained = make("simple")
    assert export(trained, "decoder") == decoder_onnx(trained)
    with pytest.raises(SettingError, match="encoder, decoder, weights"):
        export(trained, "soul")


def test_only_the_exporters_own_notice_is_silenced(make):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        decoder_onnx(make("convolutional"))
        warnings.warn("still heard", DeprecationWarning, stacklevel=1)
    assert [str(each.message) for each in heard] == ["still heard"]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_posterior_of_a_variational_run_is_its_code_and_its_spread(shape, make, splits):
    trained = make("variational", shape, splits(shape, 20), fit=2, network__hidden=(24,), network__kind="dense")
    images = trained.splits.train.images[:3]
    session = onnxruntime.InferenceSession(posterior_onnx(trained), providers=["CPUExecutionProvider"])
    codes, spread = session.run(["codes", "spread"], {"images": (images / 255).astype(np.float32)})
    assert np.abs(codes - encode(trained, images)).max() < 1e-5
    features = trained.composition.model.encoder(torch.from_numpy((images / 255).astype(np.float32))).numpy()
    np.testing.assert_allclose(spread, np.exp(0.5 * features[:, 2:]), rtol=1e-4)


def test_where_the_class_is_a_part_of_the_code_it_has_no_spread(make):
    trained = make("conditional", fit=1)
    session = onnxruntime.InferenceSession(posterior_onnx(trained), providers=["CPUExecutionProvider"])
    codes, spread = session.run(None, {"images": np.zeros((2, 1, 28, 28), np.float32)})
    classes = trained.splits.classes
    assert spread.shape == codes.shape
    assert (spread[:, -classes:] == 0).all()
    assert (spread[:, :-classes] > 0).all()


def test_an_encoder_without_a_distribution_has_no_posterior(make):
    with pytest.raises(SettingError, match="choose a variational run"):
        posterior_onnx(make("simple"))
