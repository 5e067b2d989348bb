"""Figures hold the numbers of the analysis, with units, in the colours they were given."""

import json

import numpy as np
import pytest

from aecore.analysis.architecture import Architecture, Layer, architecture
from aecore.analysis.demonstrations.code_size import CodeSizeCurve, CodeSizePoint
from aecore.analysis.demonstrations.draws import EightDraws
from aecore.analysis.demonstrations.few_labels import few_labels_curve
from aecore.analysis.demonstrations.losses import loss_comparison
from aecore.analysis.demonstrations.sparse_codes import SparseCodes, SparseRun
from aecore.analysis.demonstrations.transposed import transposed_convolution
from aecore.analysis.latent import Dimensions
from aecore.analysis.reconstruct import NoiseCurve
from aecore.analysis.sparsity import Sparsity
from aecore.plots import demonstrations as demonstration_plots
from aecore.plots import quality
from aecore.plots import sparsity as sparsity_plots
from aecore.plots.architecture import architecture_drawing
from aecore.plots.few_labels import few_labels_figure
from aecore.plots.latent import code_map, dimension_bars
from aecore.plots.palette import Palette
from aecore.plots.training import loss_curves, loss_panels, run_curves
from aecore.training.recipe import DataChoice, make_recipe
from aecore.variants.catalog import VARIANTS

PALETTE = Palette("#111111", "#222222", "#333333", "#ffffff", "#eeeeee", tuple(f"#0000{n:02x}" for n in range(10)))


def metrics(epochs, per_epoch=100, **parts):
    losses = {"loss": 9.0, **parts}
    return [
        {"epoch": n, "step": per_epoch * n, "train": losses, "validation": {k: v / n for k, v in losses.items()}}
        for n in range(1, epochs + 1)
    ]


def steps(last, **parts):
    return [{"step": step, "losses": {"loss": 5.0, **parts}} for step in range(50, last + 1, 50)]


def named(figure):
    return {trace.name: trace for trace in figure.data}


def axis_titles(figure):
    return [axis.title.text for axis in (*figure.select_xaxes(), *figure.select_yaxes()) if axis.title.text]


def test_loss_and_each_part_have_a_panel_with_training_and_validation():
    parts = {"cross_entropy": 7.0, "kl": 2.0}
    figure = loss_curves(metrics(3, **parts), steps(350, **parts), PALETTE)
    assert [each.text for each in figure.layout.annotations] == [
        "Loss, per image",
        "Cross-entropy, nats per image",
        "KL divergence, nats per image",
    ]
    assert [trace.name for trace in figure.data] == ["training", "validation"] * 3
    assert sum(trace.showlegend for trace in figure.data) == 2
    assert list(figure.data[1].y) == [9.0, 4.5, 3.0]


def test_a_loss_of_one_part_is_shown_once():
    figure = loss_curves(metrics(2, squared_error=9.0), steps(100, squared_error=5.0), PALETTE)
    assert [each.text for each in figure.layout.annotations] == ["Squared error, sum over pixels, per image"]


def test_the_panels_can_be_had_one_by_one():
    parts = {"cross_entropy": 7.0, "kl": 2.0}
    panels = loss_panels(metrics(3, **parts), steps(350, **parts), PALETTE)
    assert list(panels) == ["Loss, per image", "Cross-entropy, nats per image", "KL divergence, nats per image"]
    for figure in panels.values():
        assert [trace.name for trace in figure.data] == ["training", "validation"]
        assert axis_titles(figure)[0] == "epochs"
    assert loss_panels([], [], PALETTE)["Loss, per image"].data == ()


def test_steps_stand_where_their_epoch_is_also_beyond_the_last_one():
    figure = loss_curves(metrics(2), steps(250), PALETTE)
    assert list(figure.data[0].x) == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.5])


def test_before_the_first_epoch_is_over_steps_are_counted():
    figure = loss_curves([], steps(100), PALETTE)
    assert list(figure.data[0].x) == [50, 100]
    assert "training steps" in axis_titles(figure)


def test_a_run_without_any_number_gives_an_empty_figure():
    assert not loss_curves([], [], PALETTE).data


def test_a_shipped_run_without_steps_shows_its_epochs():
    figure = loss_curves(metrics(3), [], PALETTE)
    assert list(named(figure)["training"].y) == [9.0] * 3


def test_axes_become_logarithmic_on_request():
    assert loss_curves(metrics(2), [], PALETTE, logarithmic=True).layout.yaxis.type == "log"


def test_runs_are_compared_on_their_validation_images():
    figure = run_curves({"a": metrics(3), "b": metrics(2)}, PALETTE)
    assert [list(trace.x) for trace in figure.data] == [[1, 2, 3], [1, 2]]
    assert figure.data[1].line.color == PALETTE.classes[1]
    assert "Loss, per image, validation images" in axis_titles(figure)


def test_a_number_that_a_run_does_not_have_leaves_its_curve_empty():
    figure = run_curves({"a": metrics(2), "b": metrics(2, kl=1.0)}, PALETTE, "kl")
    assert [len(trace.x) for trace in figure.data] == [0, 2]


def noise(own_level=None):
    values = np.array([np.inf, 20.0])
    levels = np.array([0.0, 0.5])
    return NoiseCurve("Gaussian noise", "of the pixel range", own_level, levels, values, values, values, "Best", 9, "")


def test_the_noise_curve_leaves_out_what_is_infinite_and_says_unit_and_count():
    figure = quality.noise_curve(noise(0.5), PALETTE)
    assert [len(trace.x) for trace in figure.data] == [2, 2, 2]
    assert np.isnan(figure.data[0].y[0])
    assert axis_titles(figure) == ["Gaussian noise: strength, of the pixel range", "PSNR in dB, 9 test images"]
    assert len(figure.layout.shapes) == 1


def test_the_code_size_curve_groups_runs_by_variant():
    points = (
        CodeSizePoint("x", "deep", 2, 9.0),
        CodeSizePoint("y", "deep", 8, 5.0),
        CodeSizePoint("z", "simple", 2, 8),
    )
    curve = CodeSizeCurve(np.array([1, 2]), np.array([5.0, 4.0]), points, 100, "")
    traces = named(quality.code_size_curve(curve, PALETTE))
    assert list(traces) == ["PCA", "deep", "simple"]
    assert list(traces["deep"].x) == [2, 8]
    assert traces["simple"].mode == "markers"


def test_bars_are_written_out_and_one_stands_out():
    bars = quality.bars({"PCA": 13.866, "model": 3.0}, "squared error per image", PALETTE, "model").data[0]
    assert list(bars.text) == ["13.87", "3"]
    assert list(bars.marker.color) == [PALETTE.muted, PALETTE.accent]


def test_a_histogram_sends_counts_and_not_the_numbers():
    figure = quality.histogram(np.arange(10_000.0), "squared error", PALETTE, marked=(5.0,))
    assert sum(figure.data[0].y) == 10_000
    assert len(figure.data[0].y) <= 60


def test_chapters_with_numbers_of_their_own_each_have_a_panel_and_the_loss_is_not_shown_twice():
    rows = [
        {"epoch": 1, "step": 10, "train": {}, "validation": {"loss": 9.0, "squared_error": 9.0}},
        {"epoch": 2, "step": 20, "train": {}, "validation": {"loss": 0.5, "class_nats": 0.5, "error_percent": 12.0}},
    ]
    titles = [
        "Squared error, sum over pixels, per image",
        "Cross-entropy of the class, nats per image",
        "Wrong class, % of the images",
    ]
    assert list(loss_panels(rows, [], PALETTE)) == titles


def chaptered(*validations):
    return [
        {"epoch": n, "step": 10 * n, "train": each, "validation": each, "chapter": str(sorted(each))}
        for n, each in enumerate(validations, 1)
    ]


FIRST, SECOND = {"loss": 205.0, "squared_error": 200.0, "kl": 10.0}, {"loss": 0.5, "velocity_error": 0.5}


def test_a_loss_that_is_one_of_its_parts_in_a_later_chapter_does_not_flatten_that_of_the_first():
    for steps_of in ([], [{"step": 10 * n, "losses": FIRST if n < 3 else SECOND} for n in range(1, 5)]):
        panels = loss_panels(chaptered(FIRST, FIRST, SECOND, SECOND), steps_of, PALETTE)
        assert len(panels) == 4
        for trace in panels["Loss, per image"].data:
            assert list(trace.y) == [205.0, 205.0, None, None]
        for trace in panels["Squared error, sum over pixels, per image"].data:
            assert list(trace.y) == [200.0, 200.0, None, None]
            assert list(trace.x) == [1, 2, 3, 4]  # so that all panels have one axis
        for trace in panels["Squared error of the velocity, mean over numbers, per image"].data:
            assert list(trace.y) == [None, None, 0.5, 0.5]
        for figure in panels.values():
            assert [each.x0 for each in figure.layout.shapes] == [0, 2]


def test_a_new_chapter_has_its_panels_before_its_first_epoch_is_over_and_the_earlier_ones_stay():
    begun = [{"step": 10, "losses": FIRST}, {"step": 12, "losses": SECOND}]
    for rows in (chaptered(FIRST), []):
        panels = loss_panels(rows, begun, PALETTE)
        assert len(panels) == 4
        assert list(panels["Squared error of the velocity, mean over numbers, per image"].data[0].y) == [None, 0.5]
        assert list(panels["Squared error, sum over pixels, per image"].data[0].y) == [200.0, None]


def test_steps_of_two_chapters_at_once_are_no_point_of_the_loss():
    mixed = [{"step": 5, "losses": FIRST}, {"step": 15, "losses": FIRST | SECOND | {"loss": 100.0}}]
    (training, _) = loss_panels(chaptered(FIRST, SECOND), mixed, PALETTE)["Loss, per image"].data
    assert list(training.y) == [205.0, None]


def test_a_chapter_of_one_epoch_is_seen_as_a_dot_however_long_the_others_are():
    panels = loss_panels(chaptered(*[FIRST] * 60, SECOND, *[FIRST] * 60), [], PALETTE)
    shown = {title: figure.data[-1].mode for title, figure in panels.items()}
    assert shown.pop("Squared error of the velocity, mean over numbers, per image") == "lines+markers"
    assert set(shown.values()) == {"lines"}


def test_a_method_is_a_line_with_its_spread_and_a_single_draw_has_none():
    results = [
        {"method": "tuned", "labels": 10, "seed": seed, "error_percent": error} for seed, error in enumerate((4.0, 6.0))
    ]
    curve = few_labels_curve(
        [*results, {"method": "tuned", "labels": 100, "seed": 0, "error_percent": 2.0}], {"tuned": "T"}
    )
    (trace,) = few_labels_figure(curve, PALETTE, 50).data
    assert (trace.name, list(trace.x), list(trace.y)) == ("T", [10, 100], [5.0, 2.0])
    assert list(trace.error_y.array) == pytest.approx([2**0.5, 0.0])
    assert list(trace.customdata) == ["± 1.41", ""]


BOTTLENECKS = {key: make_recipe(key, DataChoice("x")).parts.bottleneck.kind for key in VARIANTS}
ENCODING = [key for key, kind in BOTTLENECKS.items() if kind not in ("prior", "none")]
RESTORING = [key for key, kind in BOTTLENECKS.items() if kind == "none"]


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 48)])
@pytest.mark.parametrize("variant", ENCODING)
def test_a_model_is_drawn_from_image_over_code_to_image(variant, shape):
    made = architecture(make_recipe(variant, DataChoice("x")).parts, shape, classes=4)
    figure = architecture_drawing(made, PALETTE)
    texts = figure.layout.xaxis.ticktext
    assert texts[0] == texts[-1] == f"<b>image</b><br>{shape[0]} · {shape[1]}×{shape[2]}"
    (code,) = (text for text in texts if "code" in text)
    assert code.removeprefix("<br><br>") == f"<b>code</b><br>{made.latent}"  # lower beside the image's own text
    assert list(figure.data[0].marker.color).count(PALETTE.accent) == 1


@pytest.mark.parametrize("variant", RESTORING)
def test_a_restorer_is_drawn_from_image_to_image_without_a_code(variant):
    made = architecture(make_recipe(variant, DataChoice("x")).parts, (3, 64, 48))
    bars = architecture_drawing(made, PALETTE).data[0].hovertext
    assert bars[0].startswith("image")
    assert bars[-1].startswith("image")
    assert not any(text.startswith("code") for text in bars)
    assert len(bars) > 3


@pytest.mark.parametrize("kind", ["gan_dense", "gan_conv", "style"])
def test_adversaries_are_drawn_from_the_code_over_the_image_to_what_judges_it(kind):
    made = architecture(make_recipe("gan", DataChoice("x"), {"network.kind": kind}).parts, (1, 28, 28))
    bars = architecture_drawing(made, PALETTE).data[0].hovertext
    assert bars[0].startswith("code")
    assert bars[-1].startswith("real?")
    (image,) = (index for index, text in enumerate(bars) if text.startswith("image"))
    assert 0 < image < len(bars) - 1
    assert "1 · 28×28" in bars[image]
    assert not any("Modulation" in text for text in bars)


def test_bars_grow_by_one_for_each_factor_of_ten():
    layers = (
        Layer("encoder.0", "encoder", "Linear", (1000,), (100,), 5, 200_000),
        Layer("bottleneck", "bottleneck", "Plain", (100,), (100,), 0, 0),
        Layer("decoder.0", "decoder", "Linear", (100,), (1000,), 5, 200_000),
    )
    figure = architecture_drawing(Architecture(layers, (1, 10, 100), 100), PALETTE)
    assert list(figure.data[0].y) == pytest.approx([4, 3, 4])


def test_a_map_has_a_colour_and_a_name_for_every_class():
    codes = np.zeros((4, 2), np.float32)
    figure = code_map(codes, np.array([0, 1, 1, 11]), ("z1", "z2"), PALETTE, ("zero", "one"))
    assert [trace.name for trace in figure.data] == ["zero", "one", "11"]
    assert figure.data[2].marker.symbol == "square"
    assert axis_titles(figure) == ["z1", "z2"]


def test_a_map_without_classes_is_one_cloud():
    assert len(code_map(np.zeros((4, 2), np.float32), None, ("z1", "z2"), PALETTE).data) == 1


def test_idle_dimensions_are_grey_and_the_most_active_come_first():
    spread = np.float32([0.01, 2.0])
    both = Dimensions(np.array([1, 0]), spread, spread, spread, spread, np.array([False, True]), spread)
    bars = dimension_bars(both, PALETTE).data[0]
    assert list(bars.x) == ["z2", "z1"]
    assert list(bars.marker.color) == [PALETTE.accent, PALETTE.muted]


def test_losses_have_a_panel_for_each_target_and_one_for_each_slope():
    figure = demonstration_plots.loss_comparison(loss_comparison((0.0, 0.5)), PALETTE)
    assert len(figure.data) == 8
    assert [each.text for each in figure.layout.annotations] == ["target 0", "target 0.5"]


def test_a_step_of_a_transposed_convolution_frames_its_number_and_its_patch():
    shown = transposed_convolution()
    figure = demonstration_plots.transposed_convolution(shown, 4, PALETTE)
    assert figure.data[2].z == pytest.approx(shown.steps[4].so_far)
    number, patch = figure.layout.shapes
    assert (number.x0, number.y0) == (0.5, 0.5)
    assert (patch.x1 - patch.x0, patch.y1 - patch.y0) == (4, 4)


def test_draws_are_shown_with_their_ellipses():
    image = np.zeros((1, 1, 2, 2), np.float32)
    two = np.ones(2, np.float32)
    draws = EightDraws(image.astype(np.uint8), two, two, np.ones((8, 2), np.float32), image, image, image, (0, 1))
    traces = named(demonstration_plots.eight_draws(draws, PALETTE, np.zeros((5, 2), np.float32)))
    assert len(traces["codes drawn"].x) == 8
    assert max(traces["2 standard deviations"].x) == pytest.approx(3)


def test_figures_are_json_and_have_no_ground_of_their_own():
    figure = quality.noise_curve(noise(), PALETTE)
    assert json.loads(figure.to_json())["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


def test_the_very_first_loss_is_a_dot_because_a_line_needs_two_points():
    steps = [{"epoch": 0, "step": 1, "done": 0.1, "losses": {"loss": 3.0}}]

    one, two = (loss_curves([], steps * count, PALETTE).data[0].mode for count in (1, 2))

    assert (one, two) == ("lines+markers", "lines")


def test_histograms_of_activations_hold_shares_and_every_bar_its_place():
    seen = Sparsity(
        images=4, split="test", threshold=0.25, share=0.25, edges=np.array([0.0, 0.5, 1.0], np.float32),
        counts=np.array([9, 3]), active=np.array([0, 1, 1, 3]), often=np.array([0.75, 0.5, 0.0], np.float32),
        mean=np.zeros(3, np.float32), smallest=np.zeros(3, np.float32), largest=np.ones(3, np.float32),
        lifetime=np.zeros(3, np.float32),
    )  # fmt: skip
    bars = sparsity_plots.activations(seen, PALETTE)
    assert list(bars.data[0].y) == [0.75, 0.25]
    assert [shape.x0 for shape in bars.layout.shapes] == [0.25]
    assert list(sparsity_plots.active_units(seen, PALETTE).data[0].y) == [1, 2, 0, 1]
    assert list(sparsity_plots.unit_use(seen, PALETTE).data[0].y) == [0.75, 0.5, 0.0]
    run = SparseRun("L1", seen, np.array([1, 3]), np.array([9.0, 4.0], np.float32))
    codes = SparseCodes((run,), np.array([1, 2]), np.array([8.0, 6.0], np.float32), 4, "")
    assert list(named(sparsity_plots.histograms(codes, PALETTE))["L1"].x) == [0.25, 0.75]
    drawn = named(sparsity_plots.error_by_activity(codes, PALETTE))
    assert (list(drawn["L1"].x), list(drawn["L1"].y)) == ([1, 3], [9.0, 4.0])
    assert list(drawn["PCA"].y) == [8.0, 6.0]
