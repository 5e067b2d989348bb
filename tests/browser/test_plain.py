"""Decoders in the browser: every one of the catalog decodes as torch does, dense ones without a runtime too, and fast
enough for a pointer.
"""

import base64
from types import SimpleNamespace

import jaxtyping
import numpy as np
import pytest
import torch

from aecore.analysis.export import decoder_onnx
from aecore.analysis.plain_network import plain_network
from aecore.analysis.trained import decode
from aecore.browser.packing import pack
from aecore.errors import SettingError
from aecore.model import DecodingModel
from aecore.networks.activations import CHOICES
from aecore.places import STARTER_RUNS
from aecore.runs.opened import open_run
from aecore.runs.store import Runs
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS
from aecore.variants.compose import compose
from pages.shared.serving import browser_url
from tests.browser.scenes import dense, export_decoder

SAME = 1e-4  # largest difference between a value decoded in the browser and by torch
SHAPES = [(1, 28, 28), (3, 32, 32), (1, 9, 7)]
DIFFUSION = {"diffusion", "latent_diffusion"}  # a U-Net, many times over: exporting one takes seconds
SHORT = {"network.steps": 3, "network.width": 16, "network.channels": (8, 12)}  # such a model, as small as it can be
TIMED = ("simple-mnist", "vae-2-mnist", "vae-20-mnist", "deep-30-mnist", "memorising-mnist")


@pytest.fixture(autouse=True)
def _shapes_unchecked(monkeypatch):
    """While torch records, shapes are tensors, which the tests' shape checks cannot compare."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


def catalogued(presets):
    """Every variant that has a decoder in the sizes of SHAPES; with `presets` these and every activation too."""
    for key, variant in VARIANTS.items():
        if key not in DIFFUSION:
            for changes in ({}, *(preset.changes for preset in variant.presets if presets)):
                yield key, dict(changes)
    for name in CHOICES if presets else ():
        yield "deep", {"network.activation": name, "network.hidden": (30, 20)}
        yield "deep", {"network.activation": name, "network.hidden": (30, 20), "network.normalisation": False}


def small(key, changes):
    """The same operations with fewer numbers."""
    own = make_recipe(key, DataChoice(VARIANTS[key].data), changes)
    hidden = getattr(own.parts.network.settings, "hidden", None)
    smaller = {"bottleneck.code_size": 18} if own.code_size > 18 and own.parts.network.kind != "mixer" else {}
    if hidden:
        smaller["network.hidden"] = tuple(range(40, 40 - 3 * len(hidden), -3))
    return changes | smaller


def untrained(key, changes, shape):
    recipe = make_recipe(key, DataChoice(VARIANTS[key].data), small(key, changes))
    composition = compose(recipe.parts, shape, recipe.seed, 10)
    composition.model.eval().requires_grad_(False)
    for name, weights in composition.model.named_parameters():
        if weights.ndim == 1 and name.startswith("decoder"):  # biases and norms start at 0 and 1: unseen if forgotten
            weights.add_(torch.randn(weights.shape, generator=torch.Generator().manual_seed(0)), alpha=0.3)
    return SimpleNamespace(recipe=recipe, composition=composition, splits=None)


def wire(content: bytes) -> str:
    return base64.b64encode(content).decode()


def packed(network) -> str:
    return wire(pack(*network.described()))


@pytest.fixture
def page(tab, lab):
    """Run a function body with the modules `plain`, `decoder` and `packing`, and a value as `x`."""
    tab.goto(f"{lab}/_stcore/health")
    urls = [browser_url(name) for name in ("plain.js", "runtime.js")]

    def run(body, value):
        program = f"""async ([urls, x]) => {{
            const [plain, runtime] = await Promise.all(urls.map((url) => import(url)));
            const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
            const floats = (text) => new Float32Array(bytes(text).buffer);
            const decoded = (decoder, codes, count) =>
                new Promise((resolve, reject) => decoder.request('test', codes, count, resolve, reject));
            {body}
        }}"""
        return tab.evaluate(program, [urls, value])

    return run


DIFFERENCES = """
    const expected = floats(x.images);
    const most = (images) =>
        images.length === expected.length
            ? images.reduce((most, each, i) => Math.max(most, Math.abs(each - expected[i])), 0)
            : Infinity;
    const session = await runtime.openRuntime(bytes(x.onnx));
    const codes = floats(x.codes);
    const found = [most((await session.run({ codes: [codes, [x.count, codes.length / x.count]] })).images)];
    await session.release();
    if (x.network) found.push(most(await decoded(plain.openPlain(bytes(x.network)), codes, x.count)));
    return found;
"""


def differences(page, trained) -> list[float]:
    """From torch: of the runtime, and of the plain network where the decoder is one."""
    onnx = decoder_onnx(trained)
    network = plain_network(onnx)
    latent = trained.composition.model.latent
    codes = np.random.default_rng(0).normal(0, 2, (3, latent)).astype(np.float32)
    value = {"onnx": wire(onnx), "network": packed(network) if network else None}
    value |= {"codes": wire(codes.tobytes()), "count": 3, "images": wire(decode(trained, codes).tobytes())}
    return page(DIFFERENCES, value)


@pytest.mark.filterwarnings("ignore:Constant folding")  # the exporter's, of a decoder that is not plain
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_decoder_of_the_catalog_decodes_as_torch_does(page, shape):
    found = {}
    for key, changes in catalogued(presets=shape == SHAPES[0]):
        try:
            trained = untrained(key, changes, shape)
        except SettingError:
            continue  # a code as large as these images need not compress, and others of that kind
        if isinstance(trained.composition.model, DecodingModel):
            found[key, str(changes)] = differences(page, trained)
    plain = {key for (key, _), each in found.items() if len(each) == 2}
    expected = {"simple", "deep", "tied", "greedy", "memorising", "pretraining", "sparse", "variational", "conditional"}
    assert expected | ({"overcomplete", "gan", "denoising"} if shape == SHAPES[0] else set()) <= plain
    assert all(0 <= most < SAME for each in found.values() for most in each), found
    runtime, without = (max(each[i] for each in found.values() if len(each) > i) for i in (0, 1))
    print(f"\n{len(found)} decoders of {shape}: {runtime:.1e} from torch, {len(plain)} kinds plain: {without:.1e}")
    if shape == SHAPES[0]:
        assert {key for key, variant in VARIANTS.items() if decodes(key)} == {key for key, _ in found} | DIFFUSION


def decodes(key) -> bool:
    """Whether a variant makes images of codes at all."""
    return isinstance(untrained(key, SHORT if key in DIFFUSION else {}, (1, 28, 28)).composition.model, DecodingModel)


@pytest.mark.parametrize("key", sorted(DIFFUSION))
def test_diffusion_decodes_as_torch_does(page, key):
    (most,) = differences(page, untrained(key, SHORT, (1, 28, 28)))
    assert 0 <= most < SAME


def test_codes_of_another_size_are_refused_with_both_sizes(page):
    network = packed(plain_network(decoder_onnx(untrained("simple", {"bottleneck.code_size": 4}, (1, 9, 7)))))
    body = """return decoded(plain.openPlain(bytes(x)), new Float32Array(5), 1).catch((error) => error.message);"""
    assert page(body, network) == "1 codes of 4 numbers are 4, not 5."


TIMES = """
    const session = await runtime.openRuntime(bytes(x.onnx));
    const whole = { run: async (codes, count) => (await session.run({ codes: [codes, [count, x.latent]] })).images };
    const engines = [new plain.PlainNetwork(...described(x.network)), whole];
    function described(network) {
        const { header, arrays } = packing.unpack(bytes(network));
        return [header, arrays];
    }
    const medians = [];
    for (const count of [1, 64]) {
        for (const engine of engines) {
            const times = [];
            for (let i = 0; i < (count === 1 ? 300 : 12); i += 1) {
                const codes = Float32Array.from({ length: count * x.latent }, () => Math.random() - 0.5);
                const began = performance.now();
                await engine.run(codes, count);
                times.push(performance.now() - began);
            }
            medians.push(times.sort((a, b) => a - b)[times.length >> 1]);
        }
    }
    const codes = Float32Array.from({ length: 3 * x.latent }, () => Math.random() - 0.5);
    const [one, other] = [await engines[0].run(codes, 3), await engines[1].run(codes, 3)];
    return { medians, furthest: one.reduce((most, each, i) => Math.max(most, Math.abs(each - other[i])), 0) };
"""


def test_dense_starter_runs_decode_in_time_beside_the_runtime(page, tmp_path):
    body = f"const packing = await import({browser_url('packing.js')!r});" + TIMES
    starters = Runs(STARTER_RUNS)
    decoders = {name: decoder_onnx(open_run(starters.get(name))) for name in TIMED}
    export_decoder(dense(2, (1, 28, 28)), 2, tmp_path / "dense.onnx")
    decoders["untrained"] = (tmp_path / "dense.onnx").read_bytes()
    print("\n| decoder | one image, plain | one image, runtime | 64 images, plain | 64 images, runtime |")
    print("|---|---|---|---|---|")
    for name, onnx in decoders.items():
        network = plain_network(onnx)
        widths = [step.width for step in network.steps if step.operation == "dense"]
        found = page(body, {"network": packed(network), "onnx": wire(onnx), "latent": network.latent})
        times = " | ".join(f"{each:.2f} ms" for each in found["medians"])
        print(f"| {name}: {'-'.join(map(str, [network.latent, *widths]))} | {times} |")
        assert found["furthest"] < SAME
