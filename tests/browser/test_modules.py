"""The browser modules one by one, in the browser that runs them, through what they export."""

import base64
import math

import numpy as np
import pytest

from aecore.analysis.anomalies.thresholds import outcome
from aecore.analysis.latent import between
from aecore.analysis.projections import inverse
from aecore.analysis.restoring.denoise import noise_field, with_noise
from aecore.browser.packing import pack
from pages.shared.serving import browser_url


@pytest.fixture
def call(tab, lab):
    """Run a function body with a module as `m` and a value as `x`."""
    tab.goto(f"{lab}/_stcore/health")

    def run(module: str, body: str, value=None):
        program = f"async ([url, x]) => {{ const m = await import(url); {body} }}"
        return tab.evaluate(program, [browser_url(module), value])

    return run


def test_a_block_that_python_packed_is_unpacked(call):
    header = {"title": "Größe", "count": 3}
    arrays = {"bytes": np.arange(3, dtype=np.uint8), "codes": np.array([[0.5, -2]], np.float32)}
    block = list(pack(header, arrays))
    body = """
    const message = new Uint8Array(x.length + 3);
    message.set(x, 3); // as inside a websocket message: not aligned
    const { header, arrays } = m.unpack(message.subarray(3));
    return [header.title, header.count, [...arrays.bytes], [...arrays.codes]];
    """
    assert call("packing.js", body, block) == ["Größe", 3, [0, 1, 2], [0.5, -2]]


def interpolated(call, way, a, b, t):
    body = "return [...m.WAYS[x.way](new Float32Array(x.a), new Float32Array(x.b), x.t)];"
    return call("interpolate.js", body, {"way": way, "a": a, "b": b, "t": t})


def test_the_straight_way_passes_the_middle(call):
    assert interpolated(call, "straight", [1, 0], [0, 3], 0.5) == pytest.approx([0.5, 1.5])


def test_the_spherical_way_keeps_to_the_sphere(call):
    half = interpolated(call, "spherical", [2, 0], [0, 2], 0.5)
    assert half == pytest.approx([math.sqrt(2), math.sqrt(2)], rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [([1, 2], [2, 4]), ([1, 0], [-1, 0]), ([0, 0], [1, 1])])
def test_where_no_arc_is_defined_the_spherical_way_is_straight(call, a, b):
    expected = np.add(a, 0.25 * np.subtract(b, a))
    assert interpolated(call, "spherical", a, b, 0.25) == pytest.approx(expected.tolist())


@pytest.mark.parametrize("latent", [2, 20, 256])
@pytest.mark.parametrize("way", ["straight", "spherical"])
def test_both_ways_are_those_of_python(call, way, latent):
    chance = np.random.default_rng(latent)
    start, end = chance.normal(size=(2, latent)).astype(np.float32)
    cases = [(start, 3 * end), (start, 2 * start), (start, -start), (start, 0 * end), (start, start + 1e-5 * end)]
    body = """return x.cases.map(([a, b]) => x.shares.map(
        (t) => [...m.WAYS[x.way](new Float32Array(a), new Float32Array(b), t)]));"""
    value = {"way": way, "cases": [[a.tolist(), b.tolist()] for a, b in cases], "shares": np.linspace(0, 1, 9).tolist()}
    found = np.array(call("interpolate.js", body, value))
    expected = np.stack([between(a, b, 9, way) for a, b in cases])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_moving_in_the_plane_keeps_what_lies_beside_it(call):
    body = """
    const plane = new m.Plane(new Float32Array([1, 0, 0]), new Float32Array([1, 0, 0, 0, 1, 0]));
    const code = plane.lift(new Float32Array([5, 6, 7]), 10, 20);
    return [[...code], plane.position(code)];
    """
    assert call("plane.js", body) == [[11, 20, 7], [10, 20]]


def test_the_nearest_point_is_the_one_that_a_full_search_finds(call):
    random = np.random.default_rng(0)
    points = random.normal(size=(500, 2)).astype(np.float32)
    places = random.normal(size=(40, 2)) * 2
    found = call(
        "nearest.js",
        "const n = new m.NearestPoint(new Float32Array(x.points), 500);"
        "return x.places.map(([a, b]) => n.find(a, b, 0.5));",
        {"points": points.ravel().tolist(), "places": places.tolist()},
    )
    distances = np.linalg.norm(places[:, None] - points[None], axis=2)
    expected = np.where(distances.min(axis=1) <= 0.5, distances.argmin(axis=1), -1)
    assert -1 in expected
    assert found == expected.tolist()


def test_only_points_that_are_admitted_are_found(call):
    body = "const n = new m.NearestPoint(new Float32Array([0, 0, 1, 1]), 2); return n.find(0, 0, 9, (i) => i === 1);"
    assert call("nearest.js", body) == 1


def test_a_place_on_the_map_comes_back_from_its_pixels(call):
    body = """
    const view = new m.View();
    view.resize(300, 200);
    view.zoom(3, 40, 50);
    view.pan(7, -9);
    return view.toPlane(...view.toPixels(0.25, -0.5));
    """
    assert call("view.js", body) == pytest.approx([0.25, -0.5])


def test_a_few_outliers_do_not_shrink_the_map(call):
    points = [*np.random.default_rng(0).uniform(-1, 1, size=(3000, 2)).ravel().tolist(), 1e6, 1e6]
    extent = call("view.js", "return m.extentOf(new Float32Array(x));", points)
    assert max(map(abs, extent.values())) < 2


def test_ticks_are_round_numbers(call):
    assert call("view.js", "return m.ticks(-1.3, 2.2, 4);") == [-1, 0, 1, 2]


def test_of_many_requests_only_the_newest_waits(call):
    body = """
    const runs = [];
    const release = [];
    const engine = { run: (codes) => new Promise((resolve) => {
      runs.push(codes[0]);
      release.push(() => resolve(codes));
    }) };
    const decoder = new m.Network(engine);
    const delivered = [];
    for (let i = 0; i < 100; i += 1) {
      decoder.request('here', new Float32Array([i]), 1, (images) => delivered.push(images[0]), () => {});
    }
    const inFlight = runs.length;
    while (release.length) { release.shift()(); await new Promise((resolve) => setTimeout(resolve)); }
    return [inFlight, runs, delivered];
    """
    assert call("network.js", body) == [1, [0, 99], [0, 99]]


def test_lanes_take_turns(call):
    body = """
    const decoder = new m.Network({ run: async (codes) => codes });
    const order = [];
    await new Promise((done) => {
      for (const lane of ['a', 'b', 'c', 'b']) {
        const deliver = () => { order.push(lane); if (order.length === 3) done(); };
        decoder.request(lane, new Float32Array([1]), 1, deliver, () => {});
      }
    });
    return order;
    """
    assert call("network.js", body) == ["a", "b", "c"]


def test_a_failed_decoding_is_told_and_does_not_stop_the_next(call):
    body = """
    let calls = 0;
    const engine = { run: (codes) => {
      calls += 1;
      if (calls === 1) throw new Error('no memory');
      return codes;
    } };
    const decoder = new m.Network(engine);
    const told = [];
    await new Promise((done) => {
      decoder.request('a', new Float32Array([1]), 1, () => {}, (error) => told.push(error.message));
      decoder.request('b', new Float32Array([2]), 1, (images) => { told.push(images[0]); done(); }, () => {});
    });
    return told;
    """
    assert call("network.js", body) == ["no memory", 2]


def test_seventy_thousand_points_are_drawn_in_time_to_pan(call):
    body = """
    const count = 70000;
    const points = new Float32Array(2 * count).map((_, i) => Math.sin(i * 12.9898) * 43758.5453 % 1);
    const labels = new Int32Array(count).map((_, i) => i % 10);
    const styles = Array.from({ length: 10 }, (_, i) => ({ colour: [20 * i, 100, 255 - 20 * i], shape: 'circle' }));
    styles.forEach((style) => (style.dimmed = false));
    const view = { width: 900, height: 600, x: 0, y: 0, scale: 280 };
    const image = new ImageData(900, 600);
    const times = [];
    for (let i = 0; i < 9; i += 1) {
      const began = performance.now();
      m.blendPoints(image, points, labels, styles, view, 1, m.pointRadius(count, 1));
      times.push(performance.now() - began);
    }
    return { median: times.sort((a, b) => a - b)[4], drawn: image.data.some((value) => value > 0) };
    """
    result = call("raster.js", body)
    print(f"\n70,000 points drawn in {result['median']:.1f} ms (median of 9)")
    assert result["drawn"]


def test_what_a_threshold_does_is_counted_as_python_counts_it(call):
    random = np.random.default_rng(0)
    normal, anomalous = np.round(random.normal(size=50), 1), np.round(random.normal(1, 1, size=30), 1)
    body = """
    const c = new m.Counting(new Float32Array([...x.normal, ...x.anomalous]),
      new Uint8Array([...x.normal.map(() => 0), ...x.anomalous.map(() => 1)]));
    return x.thresholds.map((each) => c.at(each, 2, 3));
    """
    thresholds = [-9.0, -0.5, 0.0, 0.75, 9.0]
    found = call(
        "counting.js",
        body,
        {"normal": normal.tolist(), "anomalous": anomalous.tolist(), "thresholds": thresholds},
    )
    kinds = [each.astype(np.float32).astype(np.float64) for each in (normal, anomalous)]
    for each, threshold in zip(found, thresholds, strict=True):
        expected = outcome(*kinds, threshold, 2, 3)
        counted = (each["caught"], each["falseAlarms"], each["cost"])
        assert counted == (expected.caught, expected.false_alarms, expected.cost)
        assert (each["recall"], each["precision"]) == (expected.recall, expected.precision)


def test_pictures_beside_the_line_and_between_two_lines_are_those_with_these_scores(call):
    body = """
    const c = new m.Counting(new Float32Array([5, 1, 4, 2, 3]), new Uint8Array([1, 0, 1, 0, 0]));
    return [c.beside(2.5, 2), [...c.between(1.5, 4)], [...c.between(4, 1.5)], c.at(2, 1, 1).precision];
    """
    beside, between, back, precision = call("counting.js", body)
    assert beside == {"passed": [3, 1], "flagged": [4, 2]}
    assert between == back == [3, 4, 2]
    assert precision == pytest.approx(2 / 3)


def test_bins_hold_shares_of_each_kind_and_what_lies_beyond_is_in_the_last(call):
    body = """
    const c = new m.Counting(new Float32Array([0, 1, 3, 100]), new Uint8Array([0, 0, 1, 1]));
    const { normal, anomalous } = c.histogram(4, 0, 4, (value) => value);
    return [[...normal], [...anomalous]];
    """
    assert call("counting.js", body) == [[0.5, 0.5, 0, 0], [0, 0, 0, 1.0]]


@pytest.mark.parametrize(("kind", "most"), [("gaussian", 1), ("salt_pepper", 0), ("masking", 0)])
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_made_in_the_browser_is_that_of_python_in_time_for_the_next_frame(call, kind, most, channels):
    clean = np.random.default_rng(0).integers(0, 256, (288, 288, channels), dtype=np.uint8)
    strengths = [0, 5 / 255, 0.29, 75 / 255]
    noisy = [with_noise(clean, kind, each, seed=4).transpose(2, 0, 1) for each in strengths]
    field = noise_field(clean.shape, kind, seed=4)
    block = pack({}, {"clean": clean.transpose(2, 0, 1), "noisy": np.stack(noisy), "field": field})
    body = f"""
    const {{ unpack }} = await import({browser_url("packing.js")!r});
    const {{ clean, noisy, field }} = unpack(Uint8Array.from(atob(x.block), (each) => each.charCodeAt(0))).arrays;
    const area = 288 * 288;
    const pixels = new Uint8ClampedArray(4 * area);
    const times = [];
    let furthest = 0;
    x.strengths.forEach((strength, index) => {{
      const began = performance.now();
      m.addNoise(x.kind, strength, clean, field, pixels);
      times.push(performance.now() - began);
      const made = noisy.subarray(index * clean.length, (index + 1) * clean.length);
      for (let i = 0; i < area; i += 1) {{
        for (let c = 0; c < 3; c += 1) {{
          const expected = made[made.length > area ? c * area + i : i];
          furthest = Math.max(furthest, Math.abs(pixels[4 * i + c] - expected));
        }}
      }}
    }});
    return [furthest, Math.max(...times)];
    """
    value = {"block": base64.b64encode(block).decode(), "kind": kind, "strengths": strengths}
    furthest, slowest = call("noise.js", body, value)
    print(f"\n{kind} on {channels} x 288 x 288: at most {slowest:.1f} ms, {furthest} of 255 off")
    assert furthest <= most


def test_a_strength_that_is_not_answered_yet_outlasts_an_answer_to_another(call):
    body = """
    const layer = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
    const context = layer.getContext('2d');
    const noise = new m.LiveNoise(() => {});
    const answered = (value, kind = 'masking') => {
      const told = { clean: 'Clean', noisy: 'Noisy', kind, value, most: 50, whole: 100, before: '', after: ' %' };
      context.fillStyle = 'rgb(99 99 99)';
      context.fillRect(0, 0, 1, 1);
      noise.update(told, new Uint8Array([200]), new Float32Array([0.3]), layer);
      noise.draw();
      const [red] = context.getImageData(0, 0, 1, 1).data;
      return [noise.shown, noise.of('Noisy'), noise.of('Model'), noise.of('Clean'), red];
    };
    const seen = [answered(5)];
    noise.slider.value = 40;
    noise.slider.dispatchEvent(new Event('input'));
    return [...seen, answered(20), answered(40), answered(10), answered(7, 'salt_pepper')];
    """
    assert call("noise.js", body) == [
        [5, "5 %", "for 5 %", "", 99],  # the layer that Python sent
        [40, "40 %", "still for 20 %", "", 0],  # made anew: 0.3 is below 0.4
        [40, "40 %", "for 40 %", "", 99],
        [10, "10 %", "for 10 %", "", 99],
        [7, "7 %", "for 7 %", "", 99],
    ]


# --- a plane without components


def lifted(call, codes, plane, places, neighbours=8):
    body = """
    const inverse = new m.Inverse({
      points: new Float32Array(x.plane), codes: new Float32Array(x.codes), count: x.count, latent: x.latent,
      inverse: { neighbours: x.neighbours }, blocks: { points: { hash: x.name }, codes: { hash: x.name } },
      'score.inverse_error': new Float32Array(x.codes.filter((_, i) => i % x.latent === 0)),
    });
    return x.places.map(([px, py]) => [[...inverse.lift(null, px, py)], inverse.errorAt(px, py)]);
    """
    given = {
        "codes": codes.ravel().tolist(),
        "plane": plane.ravel().tolist(),
        "places": places.tolist(),
        "count": len(codes),
        "latent": codes.shape[1],
        "neighbours": neighbours,
        "name": "here",
    }
    found = call("inverse.js", body, given)
    return np.array([code for code, _ in found]), np.array([error for _, error in found])


def islands_of(count: int):
    """Points in groups with nothing between; equal codes at the very same place, as many as make a neighbourhood."""
    chance = np.random.default_rng(count)
    middles = np.array([[0, 0], [40, 5], [-8, 300]])
    plane = (middles[np.arange(count) % 3] + chance.normal(size=(count, 2))).astype(np.float32)
    codes = chance.normal(size=(count, 6)).astype(np.float32)
    plane[1 : count // 4 : 5], codes[1 : count // 4 : 5] = plane[0], codes[0]
    inside = plane[chance.integers(0, count, 60)] + chance.normal(scale=0.3, size=(60, 2)).astype(np.float32)
    return codes, plane, np.concatenate([inside, chance.uniform(-500, 500, (60, 2)).astype(np.float32), plane[:20]])


@pytest.mark.parametrize("count", [1, 2, 3, 9, 10, 700])
def test_a_place_gives_the_code_and_the_error_that_python_gives(call, count):
    codes, plane, places = islands_of(count)
    found, errors = lifted(call, codes, plane, places)
    expected = inverse(codes, plane, places)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(errors, expected[:, 0], atol=1e-5)


def test_the_nearest_points_of_a_bucket_grid_are_the_nearest_of_all(call):
    _, plane, places = islands_of(700)
    body = """
    const nearest = new m.NearestPoint(new Float32Array(x.plane), x.plane.length / 2);
    return x.places.map(([px, py]) => nearest.closest(px, py, 5).map(({ distance }) => distance));
    """
    found = call("nearest.js", body, {"plane": plane.ravel().tolist(), "places": places.tolist()})
    distances = np.linalg.norm(places[:, None].astype(np.float64) - plane[None], axis=2)
    np.testing.assert_allclose(found, np.sort(distances, axis=1)[:, :5], rtol=1e-6, atol=1e-9)


# What Streamlit does with a part: `start` gives it data, and what that returns ends this start.
PART = """
    const place = document.body.appendChild(document.createElement('div'));
    const root = place.appendChild(document.createElement('p'));
    const seen = [];
    const part = { root, update: ({ data }) => seen.push(data), close: () => seen.push('closed') };
    const mount = m.component(() => part);
    const start = (data) => mount({ parentElement: place, data });
    const moment = () => new Promise((done) => setTimeout(done, 20));
"""


def test_a_start_that_comes_late_with_older_data_changes_nothing(call):
    body = """
    start('newest');
    const end = start('stale');
    await Promise.resolve().then(end);
    await moment();
    return seen;
    """
    assert call("component.js", PART + body) == ["newest"]


def test_a_part_takes_in_what_comes_later_and_ends_when_it_has_left_the_page(call):
    body = """
    start('first');
    await moment();
    const end = start('second');
    await moment();
    root.remove();
    end();
    await moment();
    return seen;
    """
    assert call("component.js", PART + body) == ["first", "second", "closed"]
