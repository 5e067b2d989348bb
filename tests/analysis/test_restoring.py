"""Pictures of any size: tiles equal the whole, methods equal their references, protocols by hand."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from aecore.analysis.demonstrations.restored import restored_levels
from aecore.analysis.figures import figures
from aecore.analysis.restoring import denoise, enlarge
from aecore.analysis.restoring.choosing import best_restorer
from aecore.analysis.restoring.classical import classically_denoised, methods
from aecore.analysis.restoring.curve import noise_curves
from aecore.analysis.restoring.denoise import denoised, estimated_noise, noise_field, with_noise
from aecore.analysis.restoring.enlarge import blended, enlarged, factors_of, judged, shrunk
from aecore.analysis.restoring.files import denoised_file, enlarged_file, taken_in
from aecore.analysis.restoring.protocol import luma_scores, measure_pictures, psnr_levels, ssim_levels, studio_luma
from aecore.analysis.restoring.tiles import tiles
from aecore.corruption.catalog import of_strength
from aecore.data.saving import FORMATS, format_of, picture_file
from aecore.errors import RunError, SettingError
from aecore.model import Restorer, RestoringNetwork
from aecore.runs.summary import summarise

SR = {"srcnn": {}, "super_resolution": {"network__channels": (6, 8, 10)}, "subpixel": {"network__channels": 8}}


def picture(height, width, channels=3, seed=0):
    """Waves and a few sharp edges."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = np.stack([np.sin(x / (4 + 3 * c)) + np.cos(y / (6 + 2 * c)) for c in range(channels)], 2)
    pixels = 120 + 45 * waves
    pixels[height // 3 : height // 2, width // 4 : width // 2] += 60
    return np.clip(pixels + chance.normal(0, 4, pixels.shape), 0, 255).astype(np.uint8)


def loud(trained, size=0.05):
    """The same model with weights that make it change every pixel."""
    torch.manual_seed(3)
    with torch.no_grad():
        for each in trained.composition.model.parameters():
            each.add_(size * torch.randn_like(each))
    return trained


@pytest.fixture(scope="module")
def denoiser(make, splits):
    """A small one that has learned a little."""
    shape = (3, 20, 24)
    return make("photo_denoising", shape, splits(shape, 80), fit=120, network__channels=8, network__blocks=1)


# --- tiles


@pytest.mark.parametrize(("height", "width", "cell"), [(7, 5, 1), (100, 33, 4), (64, 64, 2)])
def test_tiles_cover_every_pixel_once_and_are_cut_between_cells_from_either_side(height, width, cell):
    seen = np.zeros((height, width), int)
    for tile in tiles(height, width, margin=5, cell=cell, side=16):
        seen[tile.down.inner, tile.across.inner] += 1
        for span, length in ((tile.down, height), (tile.across, width)):
            assert span.outer_start % cell == 0
            assert (length - span.outer_stop) % cell == 0
            assert 0 <= span.outer_start <= max(0, span.start - 5)
            assert min(length, span.stop + 5) <= span.outer_stop <= length
    assert (seen == 1).all()


@pytest.mark.parametrize("variant", SR)
@pytest.mark.parametrize(("channels", "orientations"), [(1, 1), (3, 1), (1, 8)])
def test_an_enlarged_picture_is_the_same_in_tiles_and_as_a_whole(make, monkeypatch, variant, channels, orientations):
    trained = loud(make(variant, (channels, 20, 24), **SR[variant]))
    small = picture(61, 47, channels)
    monkeypatch.setattr(enlarge, "SIDE", 10_000)
    whole = enlarged(small, 2, trained, orientations=orientations)
    monkeypatch.setattr(enlarge, "SIDE", 40)
    assert np.abs(enlarged(small, 2, trained, orientations=orientations).astype(int) - whole).max() <= 1
    assert whole.shape == (122, 94, channels)
    assert not np.array_equal(whole, enlarged(small, 2))


@pytest.mark.parametrize(("channels", "orientations"), [(1, 1), (3, 1), (1, 8), (3, 8)])
def test_a_denoised_picture_is_the_same_in_tiles_and_as_a_whole(make, monkeypatch, channels, orientations):
    trained = loud(make("photo_denoising", (channels, 20, 24), network__channels=8, network__blocks=1))
    noisy = picture(75, 63, channels)
    monkeypatch.setattr(denoise, "tiles", lambda *given: tiles(*given, side=10_000))
    whole = denoised(noisy, trained, 20, orientations=orientations).picture
    monkeypatch.setattr(denoise, "tiles", lambda *given: tiles(*given, side=24))
    assert np.abs(denoised(noisy, trained, 20, orientations=orientations).picture.astype(int) - whole).max() <= 1
    assert not np.array_equal(whole, noisy)


# --- orientations

SEEN = [lambda pixels, quarters=quarters, step=step: np.rot90(pixels, quarters)[:, ::step]
        for step in (1, -1) for quarters in range(4)]  # fmt: skip


def held(number, pixels):
    """A picture turned by hand, and mirrored from the fifth on."""
    return np.ascontiguousarray(SEEN[number](pixels))


def farthest(one, other):
    """The greatest difference in grey levels."""
    return np.abs(one.astype(int) - other).max()


@pytest.fixture(params=[*SR, "photo_denoising"])
def answer(request, make):
    """What a loud restorer makes of a picture in so many orientations."""
    small = SR.get(request.param, {"network__channels": 8, "network__blocks": 1})
    trained = loud(make(request.param, (3, 20, 24), **small))
    if request.param in SR:
        return lambda pixels, count: enlarged(pixels, 2, trained, orientations=count)
    return lambda pixels, count: denoised(pixels, trained, 20, orientations=count).picture


@pytest.mark.parametrize("channels", [1, 3])
def test_in_eight_orientations_the_answer_turns_with_the_picture(answer, channels):
    pixels = picture(25, 33, channels)
    for number in range(1, 8):
        assert farthest(answer(held(number, pixels), 8), held(number, answer(pixels, 8))) <= 1
        assert farthest(answer(held(number, pixels), 1), held(number, answer(pixels, 1))) > 3


def test_eight_orientations_are_the_mean_of_one_in_each(answer):
    pixels = picture(26, 21)
    back = [0, 3, 2, 1, 4, 5, 6, 7]  # a mirrored turn undoes itself
    by_hand = np.mean([held(back[each], answer(held(each, pixels), 1)) for each in range(8)], 0)
    assert np.abs(answer(pixels, 8) - by_hand).max() <= 1.01


def test_the_estimated_noise_does_not_depend_on_how_the_picture_is_held(make):
    trained = loud(make("photo_denoising", (3, 20, 24), network__channels=8, network__blocks=1))
    noisy = picture(25, 33)
    for count, same in ((8, True), (1, False)):
        upright, other = (denoised(each, trained, orientations=count).noise_std for each in (noisy, held(1, noisy)))
        assert (upright == pytest.approx(other, rel=1e-4)) == same


@pytest.mark.parametrize("count", [0, 2, 9])
def test_another_number_of_orientations_is_refused(denoiser, count):
    with pytest.raises(SettingError, match=f"orientations is {count}: choose 1, the picture as it is, or 8"):
        denoised(picture(8, 8), denoiser, 20, orientations=count)
    with pytest.raises(SettingError, match=f"orientations is {count}: choose 1, the picture as it is, or 8"):
        enlarged(picture(8, 8), 2, orientations=count)


def test_work_can_be_broken_off_between_orientations(denoiser):
    told = []
    denoised(picture(20, 24), denoiser, 20, told.append, orientations=8)
    assert told == pytest.approx([each / 8 for each in range(1, 9)])


# --- enlarging


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_bicubic_is_that_of_pillow(factor):
    small = picture(31, 45)
    by_pillow = Image.fromarray(small).resize((45 * factor, 31 * factor), Image.Resampling.BICUBIC)
    assert np.abs(enlarged(small, factor).astype(int) - np.asarray(by_pillow)).max() <= 1


def test_a_factor_that_was_not_trained_is_refused_with_those_that_were(make):
    trained = make("srcnn", (1, 20, 24), network__first_filters=4, corruption__factor=3.0)
    assert factors_of(trained) == (3,)
    with pytest.raises(SettingError, match="trained to enlarge 3 times, not 2: choose one of these"):
        enlarged(picture(8, 8, 1), 2, trained)


def test_an_enlarged_picture_of_more_than_24_million_pixels_is_refused():
    with pytest.raises(SettingError, match="5,000 x 5,000 pixels, 25 million: the limit is 24 million"):
        enlarged(np.zeros((2500, 2500, 1), np.uint8), 2)


def test_a_model_without_this_ability_is_refused(make):
    with pytest.raises(RunError, match="images of one size only"):
        enlarged(picture(8, 8, 1), 2, make("simple"))


def test_work_can_be_broken_off_by_its_progress():
    class Enough(Exception):  # noqa: N818
        pass

    told = []

    def progress(done):
        told.append(done)
        raise Enough

    with pytest.raises(Enough):
        enlarged(picture(300, 300, 1), 2, progress=progress)
    assert len(told) == 1
    assert 0 < told[0] < 1


def test_what_is_made_by_bicubic_adds_nothing_and_agrees_with_the_picture():
    came = picture(40, 32)
    found = judged(came, enlarged(came, 2))
    assert found.added.max() == 0
    assert found.mean_levels < 2
    wrong = 255 - enlarged(came, 2)
    assert judged(came, wrong).mean_levels > 20


def test_the_blend_goes_from_the_network_to_bicubic():
    came = picture(12, 10)
    made = np.full((24, 20, 3), 200, np.uint8)
    assert np.array_equal(blended(made, came, 0.0), made)
    assert np.array_equal(blended(made, came, 1.0), enlarged(came, 2))
    middle = blended(made, came, 0.5).astype(int)
    assert np.abs(middle - (made.astype(int) + enlarged(came, 2)) / 2).max() <= 0.5


# --- restorers


class Nothing(RestoringNetwork):
    """Gives back what it is shown."""

    channels, told, colours = 1, True, "each"

    def forward(self, images, strengths):
        self.strengths = [*getattr(self, "strengths", []), float(strengths[0])]
        return images

    def reach(self, strength):
        return 0

    def estimate(self, images):
        return torch.full((len(images),), 0.1)


def test_channel_by_channel_nothing_changes_where_the_network_changes_nothing():
    network = Nothing()
    images = torch.rand(2, 3, 6, 5, generator=torch.Generator().manual_seed(0))
    restored = Restorer(network, (3, 6, 5)).restore(images, torch.full((2,), 1.0))
    assert torch.allclose(restored, images, atol=1e-6)
    # Mean of three independent colours, half the difference of two, and (1, -2, 1) / 4.
    assert network.strengths == pytest.approx([1 / math.sqrt(3), 1 / math.sqrt(2), math.sqrt(6) / 4], rel=1e-6)


def test_noise_of_the_colours_is_told_from_that_of_the_luminance():
    weaker = math.sqrt(0.299**2 + 0.587**2 + 0.114**2)
    guess = Restorer(Nothing(), (3, 4, 4)).estimate(torch.rand(1, 3, 4, 4))
    assert float(guess) == pytest.approx(0.1 / weaker)


def test_luminance_alone_leaves_the_differences_of_the_colours(make):
    trained = loud(make("srcnn", (3, 12, 12), network__first_filters=6))
    images = 0.3 + 0.4 * torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    changed = trained.composition.model.restore(images) - images
    assert float(changed.abs().max()) > 0.01
    inside = (images + changed > 0.001) & (images + changed < 0.999)
    assert torch.allclose(changed[:, 0][inside.all(1)], changed[:, 2][inside.all(1)], atol=1e-5)


# --- denoising


def test_a_little_training_takes_noise_out_and_estimates_it(denoiser, blobs):
    clean = np.ascontiguousarray(blobs(1, (3, 20, 24), 9).images[0].transpose(1, 2, 0))
    noisy = with_noise(clean, "gaussian", 60 / 255)
    better = denoised(noisy, denoiser, 60).picture
    assert luma_scores(clean, better, 0)[0] > luma_scores(clean, noisy, 0)[0] + 3
    weak, strong = (estimated_noise(with_noise(clean, "gaussian", each), denoiser) for each in (0.05, 0.4))
    assert weak < strong


def test_an_estimate_is_used_and_said_where_nothing_is_told(denoiser):
    noisy = with_noise(picture(20, 24), "gaussian", 0.2)
    found = denoised(noisy, denoiser)
    assert found.estimated
    assert found.noise_std == pytest.approx(min(estimated_noise(noisy, denoiser), 75))
    assert np.array_equal(found.picture, denoised(noisy, denoiser, found.noise_std).picture)


@pytest.mark.parametrize(("kind", "channels"), [("gaussian", 3), ("salt_pepper", 1), ("masking", 1)])
@pytest.mark.parametrize("strength", [0.0, 0.05, 0.29])
def test_the_field_is_the_chance_in_the_noise_that_is_added(kind, channels, strength):
    clean = picture(20, 24)
    field = noise_field(clean.shape, kind, seed=3)
    assert field.shape == (channels, 20, 24)
    planes = torch.from_numpy(clean.transpose(2, 0, 1).copy())[None] / 255
    noisy = of_strength(kind, 0.0).applied(planes, (torch.from_numpy(field)[None],), torch.tensor([strength]))
    made = (noisy[0] * 255).round().numpy().transpose(1, 2, 0)
    assert np.abs(made - with_noise(clean, kind, strength, seed=3)).max() <= (1 if kind == "gaussian" else 0)


def test_what_leaves_nothing_to_chance_has_no_field():
    with pytest.raises(SettingError, match="leaves nothing to chance"):
        noise_field((8, 8, 3), "shrink")


@pytest.mark.parametrize("noise", [-1, 76])
def test_a_strength_out_of_range_is_refused(denoiser, noise):
    with pytest.raises(SettingError, match="choose 0 to 75"):
        denoised(picture(8, 8), denoiser, noise)


def test_a_model_of_super_resolution_takes_no_noise_out(make):
    with pytest.raises(SettingError, match="choose one of denoising"):
        denoised(picture(8, 8), make("srcnn", (3, 12, 12)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("method", [each for each in methods() if each != "bm3d"])
def test_classical_methods_take_noise_out_and_leave_a_clean_picture(method, channels):
    clean = (picture(48, 40, channels) / 255).astype(np.float32)
    noisy = (clean + np.random.default_rng(0).normal(0, 0.15, clean.shape)).astype(np.float32)
    made = classically_denoised(noisy, method, 0.15)
    assert made.shape == clean.shape
    assert np.square(made - clean).mean() < 0.5 * np.square(noisy - clean).mean()
    assert np.array_equal(classically_denoised(clean, method, 0.0), clean)


def test_an_unknown_method_is_refused():
    with pytest.raises(SettingError, match="no method 'magic': choose one of nlm, tv"):
        classically_denoised(np.zeros((4, 4, 1), np.float32), "magic", 0.1)


def test_the_curve_has_every_method_and_falls_for_the_noisy_picture(denoiser):
    curves = noise_curves(picture(24, 20), denoiser)
    assert {"Model", "Noisy", "Non-local means", "Total variation"} <= set(curves.psnr_db)
    assert (np.diff(curves.psnr_db["Noisy"]) < 0).all()


def test_the_curve_of_eight_orientations_is_another_for_the_model_alone(denoiser):
    told = []
    one = noise_curves(picture(24, 20), denoiser).psnr_db
    eight = noise_curves(picture(24, 20), denoiser, progress=told.append, orientations=8).psnr_db
    assert {name for name in one if not np.array_equal(one[name], eight[name])} == {"Model"}
    assert told == pytest.approx([each / 64 for each in range(1, 65)])


# --- protocols


def test_psnr_and_luma_by_hand():
    clean, made = np.zeros((2, 2)), np.full((2, 2), 255.0)
    assert psnr_levels(clean, made) == 0
    assert psnr_levels(clean, np.array([[0, 0], [0, 25.5]])) == pytest.approx(10 * math.log10(4 * 100))
    assert psnr_levels(clean, clean) == math.inf
    white, black = np.full((1, 1, 3), 255, np.uint8), np.zeros((1, 1, 1), np.uint8)
    assert studio_luma(white)[0, 0] == pytest.approx(235, abs=0.01)
    assert studio_luma(black)[0, 0] == 16


def test_the_border_is_left_out():
    clean = picture(30, 30)
    made = clean.copy()
    made[:2] = made[-2:] = made[:, :2] = made[:, -2:] = 0
    assert luma_scores(clean, made, 2) == (math.inf, 1.0)
    assert luma_scores(clean, made, 1)[0] < 40


def test_structural_similarity_of_a_picture_too_small_for_its_window_is_no_number():
    assert math.isnan(ssim_levels(np.zeros((8, 30)), np.zeros((8, 30))))


def test_the_protocol_of_super_resolution_has_bicubic_beside_each_factor(make):
    trained = make("subpixel", (3, 24, 24), network__channels=8, network__blocks=1)
    for tail in trained.composition.model.network.tails.values():
        torch.nn.init.zeros_(tail.weight)
    found = measure_pictures([picture(50, 41), picture(37, 60, 1)], trained)
    assert (found.kind, found.pictures) == ("super-resolution", 2)
    assert {(each.strength, each.method) for each in found.scores} == {
        (factor, method) for factor in (2, 3, 4) for method in ("model", "bicubic")
    }
    # Without its last layer the model adds nothing to bicubic.
    for factor in (2, 3, 4):
        assert found.of("model", factor).psnr_db == pytest.approx(found.of("bicubic", factor).psnr_db, abs=0.01)
    by_hand = np.mean([luma_scores(each[: h * 3, : w * 3], enlarged(shrunk(each, 3), 3), 3)[0]
                       for each, (h, w) in ((picture(50, 41), (16, 13)), (picture(37, 60, 1), (12, 20)))])  # fmt: skip
    assert found.of("bicubic", 3).psnr_db == pytest.approx(by_hand)


def test_the_model_in_eight_orientations_is_measured_where_asked(make, denoiser):
    trained = loud(make("srcnn", (3, 24, 24), network__first_filters=6))
    clean = picture(50, 40)
    found = measure_pictures([clean], trained, ensemble=True)
    assert [each.method for each in found.scores] == ["model", "self_ensemble", "bicubic"]
    by_hand = luma_scores(clean, enlarged(shrunk(clean, 2), 2, trained, orientations=8), 2)
    assert (found.of("self_ensemble", 2).psnr_db, found.of("self_ensemble", 2).ssim) == by_hand
    assert found.of("model", 2) == measure_pictures([clean], trained).of("model", 2)
    noise = measure_pictures([clean], denoiser, ensemble=True)
    for level in (15, 25, 50):
        difference = noise.of("self_ensemble", level).psnr_db - noise.of("model", level).psnr_db
        assert 0 < abs(difference) < 2


def test_the_protocol_of_denoising_adds_noise_of_the_strength_it_names(denoiser):
    found = measure_pictures([picture(64, 48)], denoiser)
    assert found.kind == "denoising"
    for level in (15, 25, 50):
        assert found.of("noisy", level).psnr_db == pytest.approx(20 * math.log10(255 / level), abs=0.3)
    assert {each.method for each in found.scores} >= {"model", "noisy", "nlm", "tv"}


def test_figures_of_a_restorer_are_those_of_its_protocol_on_its_test_images(make):
    trained = make("srcnn", (1, 28, 28), network__first_filters=4, network__second_filters=4)
    values = figures(trained, lambda *_: None).to_dict()
    assert values["protocol"] == "super-resolution"
    assert values["pictures"] == 100
    assert {each["method"] for each in values["scores"]} == {"model", "bicubic"}


def test_the_demonstration_shows_every_strength_with_what_was_lost(make, denoiser, blobs):
    shown = restored_levels(make("subpixel", (1, 28, 28), network__channels=8), blobs(3, (1, 28, 28)).images)
    assert [each.strength for each in shown.levels] == [2, 3, 4]
    noisy = restored_levels(denoiser, blobs(3, (3, 20, 24)).images)
    assert [each.strength for each in noisy.levels] == pytest.approx([0.5 / 3, 1 / 3, 0.5])
    assert noisy.levels[2].restored_db > noisy.levels[2].corrupted_db
    assert noisy.levels[0].estimate < noisy.levels[2].estimate


# --- files


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_holds_the_pixels_and_nothing_else(kind, channels):
    pixels = picture(20, 30, channels)
    content = picture_file(pixels, kind)
    assert picture_file(pixels, kind) == content
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (30, 20)
        assert not image.getexif() or kind == "tiff"
        assert not {"icc_profile", "exif", "xmp", "comment"} & set(image.info)
        read = np.asarray(image.convert("L" if channels == 1 else "RGB")).reshape(pixels.shape)
    assert np.abs(read.astype(int) - pixels).max() <= (0 if kind != "jpeg" else 24)


def test_metadata_of_an_upload_does_not_travel(make):
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "taken at home"
    Image.fromarray(picture(16, 16)).save(file, "JPEG", exif=exif, comment=b"secret")
    taken = taken_in("own.jpg", file.getvalue())
    for made in (enlarged_file(taken, 2, None, "jpeg"), enlarged_file(taken, 3, None)):
        assert b"taken at home" not in made.content
        assert b"secret" not in made.content


def test_a_denoised_file_says_what_was_taken_out(denoiser):
    file = io.BytesIO()
    Image.fromarray(picture(20, 24)).save(file, "PNG")
    made = denoised_file(taken_in("own.png", file.getvalue()), denoiser, 10)
    assert (made.width, made.height, made.noise_std, made.estimated) == (24, 20, 10, False)


def test_the_format_follows_the_suffix():
    assert [format_of(name) for name in ("a.PNG", "b.jpg", "c.tif")] == ["png", "jpeg", "tiff"]
    with pytest.raises(SettingError, match=r"ends with \.gif: choose one of \.png"):
        format_of("d.gif")


def test_the_best_shipped_restorer_is_the_largest_on_photographs():
    def run(name, parameters, side=128, starter=True, corruption="shrink", restores=True):
        status = {"state": "finished", "parameters": parameters, "image_shape": [3, side, side], "epochs_done": 1}
        recipe = {"parts": {"corruption": {"kind": corruption}}}
        about = {"name": name, "created": "", "device": "cpu"}
        return summarise(name, starter, status | {"restores": restores}, about, recipe, 1, weights=True)

    listed = [
        run("small", 10),
        run("large", 20),
        run("digits", 90, side=28),
        run("own", 99, starter=False),
        run("noise", 50, corruption="gaussian"),
        run("other", 95, restores=False),
    ]
    assert best_restorer(listed, "shrink").id == "large"
    assert best_restorer(listed, "").id == "noise"
    assert best_restorer(listed[4:5], "shrink") is None
