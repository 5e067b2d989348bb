"""The time machine by itself on a bare page: what it tells its owner when a person moves through recorded epochs."""

import pytest
from playwright.sync_api import expect

from pages.shared.serving import browser_url

INTERVAL_MS = 900  # of play from one recorded epoch to the next
PAGE = """
async ([url, style]) => {
  document.body.innerHTML = `<link rel="stylesheet" href="${style}"><div class="lab" style="width: 800px"></div>`;
  const m = await import(url);
  const grown = (epochs) => ({
    epochs, count: 2, latent: 3,
    plane: new Float32Array(epochs.flatMap((epoch) => [epoch, 0, 0, -epoch])),
    means: new Float32Array(epochs.flatMap((epoch) => [epoch, 0, 0])),
    components: new Float32Array(epochs.flatMap(() => [1, 0, 0, 0, 0, 1])),
    decodes: epochs.map((epoch) => epoch > 1),
    loss: {
      title: 'Loss, per image', chapters: epochs.map(() => ''), epochs,
      training: epochs.map((epoch) => 100 / epoch), validation: epochs.map((epoch) => (epoch === 4 ? NaN : 90 / epoch)),
    },
  });
  const told = [];
  const asked = [];
  const machine = new m.TimeMachine({
    onTime: (moment) => told.push(moment),
    decodeAt: async (index, code) => { asked.push([index, ...code]); return code; },
  });
  document.querySelector('.lab').append(machine.root);
  machine.setHistory(grown([1, 2, 4, 8]));
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  Object.assign(window, { machine, grown, told, asked, frame, crossFade: m.crossFade });
}
"""


def opened(tab, lab):
    """A tab in which `machine` is a time machine of the epochs 1, 2, 4 and 8, and `told` what it told."""
    tab.goto(f"{lab}/_stcore/health")
    tab.evaluate(PAGE, [browser_url("timemachine.js"), browser_url("canvas.css")])
    return tab


@pytest.fixture
def page(tab, lab):
    return opened(tab, lab)


@pytest.fixture
def clocked(open_tab, lab):
    """The same with a clock that goes on as a test says."""
    tab = open_tab(alone=True)  # a clock is that of all tabs of a context
    tab.clock.install()
    return opened(tab, lab)


def slider_of(page):
    return page.get_by_role("slider", name="Time: recorded epochs")


def label_of(page):
    return page.locator(".time-label")


def jump(page, t):
    """What is told after a jump."""
    body = """async (t) => {
      machine.jump(t);
      await frame();
      const { places, ...moment } = told.at(-1);
      return { ...moment, places: [...places] };
    }"""
    return page.evaluate(body, t)


def test_it_begins_at_the_last_recorded_epoch(page):
    expect(label_of(page)).to_have_text("epoch 8")
    expect(slider_of(page)).to_have_js_property("value", "3")


def test_between_two_epochs_the_codes_are_on_the_straight_way(page):
    told = jump(page, 2.25)

    assert (told["before"], told["after"], told["share"]) == (2, 3, 0.25)
    assert told["places"] == [5, 0, 0, -5]
    expect(label_of(page)).to_have_text("between epoch 4 and 8")
    expect(slider_of(page)).to_have_attribute("aria-valuetext", "between epoch 4 and 8")


def test_at_a_recorded_epoch_the_codes_are_its_own(page):
    told = jump(page, 1)

    assert (told["before"], told["after"], told["share"]) == (1, 1, 0)
    assert told["places"] == [2, 0, 0, -2]


@pytest.mark.parametrize(("t", "end"), [(-5, 0), (99, 3)])
def test_there_is_no_time_beyond_the_ends(page, t, end):
    assert jump(page, t)["t"] == end


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["ArrowLeft"], "epoch 4"),
        (["ArrowLeft", "ArrowDown"], "epoch 2"),
        (["Home"], "epoch 1"),
        (["Home", "ArrowRight", "ArrowUp"], "epoch 4"),
        (["Home", "End"], "epoch 8"),
        (["Home", "ArrowLeft"], "epoch 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_keys_go_from_one_recorded_epoch_to_the_next(page, keys, words):
    slider_of(page).focus()
    for key in keys:
        page.keyboard.press(key)
    expect(label_of(page)).to_have_text(words)


@pytest.mark.parametrize(("key", "words"), [("ArrowRight", "epoch 4"), ("ArrowLeft", "epoch 2")])
def test_from_between_two_epochs_a_key_goes_to_one_of_them(page, key, words):
    jump(page, 1.5)
    slider_of(page).focus()
    page.keyboard.press(key)
    expect(label_of(page)).to_have_text(words)


@pytest.mark.parametrize(("at", "words"), [(1.98, "epoch 4"), (1.9, "between epoch 2 and 4")])
def test_a_hand_that_drags_close_to_an_epoch_hits_it(page, at, words):
    page.evaluate(
        "(at) => { machine.slider.value = at; machine.slider.dispatchEvent(new Event('input')); }",
        at,
    )
    expect(label_of(page)).to_have_text(words)


def test_at_the_end_a_new_epoch_is_followed(page):
    page.evaluate("machine.append(grown([1, 2, 4, 8, 16]))")
    expect(label_of(page)).to_have_text("epoch 16")


def test_elsewhere_a_new_epoch_moves_nothing_but_the_scale(page):
    jump(page, 1.5)
    page.evaluate("machine.append(grown([1, 2, 4, 8, 16]))")
    expect(label_of(page)).to_have_text("between epoch 2 and 4")
    assert page.evaluate("[machine.t, machine.slider.max]") == [1.5, "4"]


def test_where_an_epoch_before_was_taken_away_the_time_stays_at_its_epoch(page):
    jump(page, 2)
    page.evaluate("machine.append(grown([1, 4, 8]))")
    expect(label_of(page)).to_have_text("epoch 4")


def test_images_fade_into_each_other(page):
    body = """() => [
      [...crossFade(new Float32Array([0, 1]), new Float32Array([1, 0.5]), 0.25)],
      [...crossFade(new Uint8Array([0, 255]), new Uint8Array([99, 0]), 0.25)],
      [...crossFade(new Uint8Array([3]), new Uint8Array([9]), 1)],
    ]"""
    assert page.evaluate(body) == [[0.25, 0.875], [25, 191], [9]]


def test_a_place_is_decoded_by_the_decoders_of_both_epochs_and_each_is_asked_once(page):
    body = """async () => {
      machine.jump(2.25);
      const first = await machine.imageAt(10, 20);
      machine.jump(2.5);
      const second = await machine.imageAt(10, 20);
      return [[...first], [...second], asked];
    }"""
    # the code of a place is the epoch's mean, moved along its two components
    asked = [[2, 14, 0, 20], [3, 18, 0, 20]]
    assert page.evaluate(body) == [[15, 0, 20], [16, 0, 20], asked]


def test_another_place_is_decoded_anew(page):
    body = """async () => {
      await machine.imageAt(1, 1);
      return [...await machine.imageAt(2, 1)];
    }"""
    assert page.evaluate(body) == [10, 0, 1]


@pytest.mark.parametrize("t", [0, 0.5])
def test_without_a_decoder_there_is_no_image(page, t):
    assert page.evaluate("async (t) => { machine.jump(t); return machine.imageAt(0, 0); }", t) is None


def play(page, duration_ms):
    """Press Play and let time pass; the times that were told."""
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(duration_ms)
    return page.evaluate("told.map(({ t }) => t)")


def test_play_runs_from_the_beginning_to_the_end_through_what_lies_between(clocked):
    times = play(clocked, 4 * INTERVAL_MS)

    assert (times[-1], min(times)) == (3, 0)
    assert len({t for t in times if t % 1}) > 30
    expect(clocked.get_by_role("button", name="Play")).to_be_visible()


def test_who_wants_less_motion_sees_recorded_epochs_only(clocked):
    clocked.emulate_media(reduced_motion="reduce")

    times = play(clocked, 4 * INTERVAL_MS)

    assert (times[-1], set(times)) == (3, {0, 1, 2, 3})
    expect(clocked.get_by_role("button", name="Play")).to_be_visible()


def test_pause_stops_where_it_is(clocked):
    play(clocked, INTERVAL_MS)
    clocked.get_by_role("button", name="Pause").click()
    stopped = clocked.evaluate("machine.t")
    clocked.clock.run_for(INTERVAL_MS)

    assert 0 < stopped < 3
    assert clocked.evaluate("machine.t") == stopped


def test_a_key_stops_play(clocked):
    play(clocked, INTERVAL_MS)
    slider_of(clocked).focus()
    clocked.keyboard.press("Home")
    clocked.clock.run_for(2 * INTERVAL_MS)
    assert clocked.evaluate("machine.t") == 0


def test_the_loss_curve_has_a_name_and_is_logarithmic_where_the_loss_falls_far(page):
    curve = page.get_by_role("img", name="Loss, per image: training and validation, epochs 1 to 8.")
    expect(curve).to_be_visible()
    expect(page.locator(".time-curve-title")).to_have_text("Loss, per image")
    page.evaluate("machine.append(grown([1, 2, 4, 8, 16]))")
    expect(page.locator(".time-curve-title")).to_have_text("Loss, per image, logarithmic")


def test_a_press_on_the_loss_curve_goes_to_its_epoch_and_a_drag_follows(page):
    frame = page.locator(".time-curve svg").bounding_box()
    middle = frame["y"] + frame["height"] / 2
    page.mouse.move(frame["x"] + 2, middle)
    page.mouse.down()
    expect(label_of(page)).to_have_text("epoch 1")
    page.mouse.move(frame["x"] + frame["width"] * 0.8, middle)
    expect(label_of(page)).to_have_text("between epoch 4 and 8")
    page.mouse.move(frame["x"] + frame["width"] - 2, middle)
    page.mouse.up()
    expect(label_of(page)).to_have_text("epoch 8")


def test_the_marker_is_on_the_curve_also_where_the_loss_is_not_known(page):
    place = """() => {
      const { spot, marker } = machine.curve;
      return [Number(spot.getAttribute('cx')), Number(marker.getAttribute('x1'))];
    }"""
    jump(page, 2)  # epoch 4, whose validation loss is not known
    spot, marker = page.evaluate(place)
    assert spot == marker
    jump(page, 0)
    assert page.evaluate(place)[0] < spot


def test_one_recorded_epoch_alone_leaves_nothing_to_move(page):
    page.evaluate("machine.setHistory(grown([8]))")
    expect(label_of(page)).to_have_text("epoch 8")
    expect(slider_of(page)).to_be_disabled()
    expect(page.get_by_role("button", name="Play")).to_be_disabled()


def test_a_run_without_codes_and_without_a_loss_has_a_time_all_the_same(page):
    body = """async () => {
      const empty = new Float32Array(0);
      const loss = { title: 'Loss', epochs: [], training: [], validation: [], chapters: [] };
      machine.setHistory({ ...grown([1, 2]), count: 0, plane: empty, loss });
      machine.jump(0.5);
      await frame();
      return [told.at(-1).t, told.at(-1).places.length];
    }"""
    assert page.evaluate(body) == [0.5, 0]
    expect(page.locator(".time-curve")).to_be_hidden()
