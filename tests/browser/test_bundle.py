"""A page made of one file: opened from disk with the network off, it decodes as torch does and asks for nothing."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch import nn

from aecore.analysis.bundle import bundle_html
from aecore.analysis.plain_network import plain_network
from aecore.browser.code import browser_files
from aecore.browser.packing import pack
from tests.browser.scenes import convolutional, dense, export_decoder
from tests.browser.servers import PROJECT

SAME = 1e-4  # largest difference between a value decoded in the browser and by torch
ABOUT = {"about": "Move a code and watch its image.", "run": "demo", "version": "0.1", "licence": "CC BY-SA 3.0"}
DEMO = (PROJECT / "tests" / "browser" / "takeaway_demo.js").read_text()


def code(entry=DEMO):
    texts = {name: each.content().decode() for name, each in browser_files().items() if not name.endswith(".wasm")}
    return {**texts, "demo.js": entry}


def small(latent, shape):
    widths = [latent, 16]
    layers = [layer for each in pairwise(widths) for layer in (nn.Linear(*each), nn.Tanh())]
    return nn.Sequential(*layers, nn.Linear(16, int(np.prod(shape))), nn.Sigmoid(), nn.Unflatten(1, shape))


def make(decoder, latent, shape, folder):
    """The page of a decoder, in a file."""
    export_decoder(decoder, latent, folder / "decoder.onnx")
    onnx = (folder / "decoder.onnx").read_bytes()
    network = plain_network(onnx)
    header = {**ABOUT, "latent": latent, "shape": shape, "plain": bool(network)}
    header["hash"] = hashlib.sha256(onnx).hexdigest()
    content = pack(*network.described()) if network else onnx
    page = bundle_html("demo.js", {"decoder": content}, header, "Demo", runtime=network is None, code=code())
    (folder / "page.html").write_bytes(page)
    return folder / "page.html"


@pytest.fixture
def offline(open_tab):
    """Open a file from disk with the network off; the tab keeps what it asked for in `asked`."""

    def go(file):
        tab = open_tab(offline=True)
        tab.asked = []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.goto(file.as_uri())
        return tab

    return go


GREY, COLOUR = (1, 28, 28), (3, 64, 64)
DECODERS = {
    "dense": (lambda: dense(2, GREY), 2, GREY),
    "dense, colour, oblong": (lambda: small(5, (3, 9, 7)), 5, (3, 9, 7)),
    "convolutional": (lambda: convolutional(2), 2, COLOUR),
}


@pytest.mark.parametrize("which", DECODERS)
def test_from_disk_without_a_network_the_page_decodes_as_torch_does(offline, tmp_path, which):
    maker, latent, shape = DECODERS[which]
    torch.manual_seed(0)
    decoder = maker().eval()
    file = make(decoder, latent, shape, tmp_path)
    tab = offline(file)
    main = tab.locator("main")
    expect(main).to_have_attribute("data-state", "ready")

    tab.get_by_label("Number 1").fill("1.5")
    tab.get_by_label("Number 2").fill("-0.5")

    expected = decoder(torch.tensor([[1.5, -0.5, *[0.0] * (latent - 2)]])).detach().numpy().ravel()
    main.evaluate(
        """async (main, [expected, same]) => {
            const began = performance.now();
            while (!main.image.every((value, i) => Math.abs(value - expected[i]) < same)) {
                if (performance.now() - began > 15000) throw new Error('waited 15 s in vain');
                await new Promise(requestAnimationFrame);
            }
        }""",
        [expected.tolist(), SAME],
    )
    assert {url.split(":")[0] for url in tab.asked} <= {"file", "blob", "data"}
    assert [url for url in tab.asked if url.startswith("file:")] == [file.as_uri()]
    opened = main.evaluate("main => main.opened")
    print(f"\n{which}: {file.stat().st_size / 1e6:.2f} MB, first image {opened:.0f} ms after opening")


def test_only_what_needs_the_runtime_carries_it(tmp_path):
    filtered = nn.Sequential(nn.Linear(2, 784), nn.Unflatten(1, GREY), nn.Conv2d(1, 1, 3, 1, 1), nn.Sigmoid())
    plain, whole = (make(each, 2, GREY, tmp_path).read_text() for each in (small(2, GREY), filtered))
    for part in ("ort.wasm.bundle.min.mjs", "wasm-unsafe-eval", 'data-block="ort.wasm"'):
        assert part not in plain
        assert part in whole


def test_the_page_says_what_it_is_and_what_people_wrote_stays_text(offline, tmp_path):
    header = {**ABOUT, "run": "</script><img src=x onerror=alert(1)> & <b>"}
    entry = "import { header } from './embedded.js';\nexport const open = (main) => (main.textContent = header().run);"
    file = tmp_path / "page.html"
    file.write_bytes(bundle_html("demo.js", {}, header, "<i>Größe</i>", runtime=False, code=code(entry)))
    tab = offline(file)
    expect(tab.locator("main")).to_have_attribute("data-state", "ready")
    assert tab.title() == "<i>Größe</i>"
    assert tab.locator("h1").inner_text() == "<i>Größe</i>"
    assert tab.locator("main").inner_text() == header["run"]
    said = tab.locator("body").inner_text()
    assert all(each in said for each in header.values())
    assert tab.locator("img, b").count() == 0


def test_the_policy_inside_the_file_forbids_every_connection(chromium, tmp_path):
    entry = """
    const refused = (promise) => promise.then(() => 'let through', () => 'refused');
    export async function open(main) {
      main.forbidden = [];
      document.addEventListener('securitypolicyviolation', (event) => main.forbidden.push(event.effectiveDirective));
      main.picture = await new Promise((done) => {
        const picture = new Image();
        picture.onload = () => done('let through');
        picture.onerror = () => done('refused');
        picture.src = 'https://example.org/picture.png';
      });
      main.fetched = await refused(fetch('data:text/plain,x'));
      main.evaluated = await refused(new Promise((done) => done(new Function('return 1')())));
    }"""
    file = tmp_path / "page.html"
    file.write_bytes(bundle_html("demo.js", {}, ABOUT, "Demo", runtime=False, code=code(entry)))
    context = chromium.new_context(offline=True)
    tab = context.new_page()
    tab.goto(file.as_uri())
    expect(tab.locator("main")).to_have_attribute("data-state", "ready")
    found = tab.locator("main").evaluate("main => [main.picture, main.fetched, main.evaluated]")
    forbidden = tab.locator("main").evaluate("main => main.forbidden")
    context.close()
    assert found == ["refused", "refused", "refused"]
    assert set(forbidden) == {"img-src", "connect-src", "script-src"}  # by the policy, not for want of a network


def test_a_page_that_cannot_open_says_so(offline, tmp_path):
    entry = "import { block } from './embedded.js';\nexport const open = () => block('soul');"
    file = tmp_path / "page.html"
    file.write_bytes(bundle_html("demo.js", {}, ABOUT, "Demo", runtime=False, code=code(entry)))
    tab = offline(file)
    expect(tab.get_by_role("alert")).to_contain_text("This file holds nothing called soul.")


def test_a_block_comes_back_byte_by_byte(offline, tmp_path):
    content = bytes(range(256)) * 1000
    entry = """
    import { block } from './embedded.js';
    export const open = async (main) => {
      const bytes = await block('a "b" <c>');
      main.right = bytes.length === 256000 && bytes.every((each, i) => each === i % 256);
    };"""
    file = tmp_path / "page.html"
    file.write_bytes(bundle_html("demo.js", {'a "b" <c>': content}, ABOUT, "Demo", runtime=False, code=code(entry)))
    tab = offline(file)
    expect(tab.locator("main")).to_have_attribute("data-state", "ready")
    assert tab.locator("main").evaluate("main => main.right")
