"""The definitions that notebooks 04 and 04b show, taken out of them and tested, and the pipeline of helpers/photos."""

import ast
import inspect
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import notebooks
from helpers import photos as pipeline

notebook = notebooks.definitions("04")
better = notebooks.definitions("04b")


@pytest.fixture
def photo():
    """A photo of 120x90: red above, blue below, with a white square on the left, so that no turn goes unseen."""
    pixels = np.zeros((90, 120, 3), "uint8")
    pixels[:45, :, 0] = pixels[45:, :, 2] = 200
    pixels[35:55, 10:30] = 255
    return Image.fromarray(pixels)


def test_every_odd_file_is_converted_or_left_out_with_its_reason(photo, tmp_path):
    paths = notebook.make_odd_files(tmp_path / "odd", photo)
    kept, labels, odd = notebook.tidy(paths, range(len(paths)), tmp_path / "tidied")
    assert {path.name: reason for path, reason in odd.items()} == {
        "CMYK.jpg": "convert: colours as CMYK",
        "L.jpg": "convert: colours as L",
        "empty.jpg": "leave out: empty",
        "gif.jpg": "convert: GIF named .jpg, colours as P",
        "palette.png": "convert: PNG named .png, colours as P",
        "png.jpg": "convert: PNG named .jpg",
        "text.jpg": "leave out: not an image",
        "truncated.jpg": "leave out: truncated or damaged",
        "turned.jpg": "convert: turned by its orientation tag",
    }
    assert [paths[label].name for label in labels] == [
        "CMYK.jpg", "L.jpg", "gif.jpg", "palette.png", "plain.jpg", "png.jpg", "turned.jpg",
    ]  # fmt: skip
    assert paths[labels[4]] == kept[4], "a plain photo stays where it is"
    expected = np.asarray(photo, int)
    for label, path in zip(labels, kept, strict=True):
        with Image.open(path) as tidied:
            assert (tidied.format, tidied.mode, tidied.size) == ("JPEG", "RGB", (120, 90))
            pixels = np.asarray(tidied, int)
        wanted = expected
        if paths[label].name == "L.jpg":
            wanted = np.repeat(np.asarray(photo.convert("L"), int)[..., None], 3, axis=2)
        assert np.abs(pixels - wanted).mean() < 8, paths[label].name


def test_a_photo_cut_off_by_one_byte_or_with_noise_for_content_is_not_used(photo, tmp_path):
    photo.save(tmp_path / "whole.jpg")
    whole = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) * 9 // 10])
    (tmp_path / "noise.jpg").write_bytes(np.random.default_rng(0).bytes(500))
    assert notebook.examine(tmp_path / "whole.jpg") == ""
    assert notebook.examine(tmp_path / "cut.jpg") == "leave out: truncated or damaged"
    assert notebook.examine(tmp_path / "noise.jpg") == "leave out: not an image"


@pytest.mark.parametrize("name", ["decode", "photos", "batches"])
def test_the_helper_holds_the_lines_that_the_notebook_shows(name):
    shown, imported = (ast.dump(ast.parse(inspect.getsource(getattr(m, name)))) for m in (notebook, pipeline))
    assert shown == imported
    assert notebook.THREADS == pipeline.THREADS


@pytest.fixture
def grey_photos(tmp_path):
    """Forty photos whose brightness is five times their label, of sizes that are decoded whole and at half."""
    for label in range(40):
        side = 40 if label % 2 else 200
        Image.new("RGB", (side + label, side), (5 * label,) * 3).save(tmp_path / f"{label:02}.jpg", quality=95)
    return sorted(tmp_path.glob("*.jpg"))


@pytest.mark.parametrize("cache", [None, "", "file"])
def test_images_keep_their_labels_through_shuffling_caching_and_cutting(grey_photos, tmp_path, cache):
    cache = str(tmp_path / "cache") if cache == "file" else cache
    photos = pipeline.photos(grey_photos, np.arange(40), 32, cache)
    ds = pipeline.batches(photos, 0, lambda x, seed: better.random_resized_crop(x, seed, 16), batch_size=16)
    orders = []
    for _ in range(2):
        images, labels = (np.concatenate(parts) for parts in zip(*ds.as_numpy_iterator(), strict=True))
        assert images.shape == (40, 16, 16, 3) and images.dtype == "float32" and labels.shape == (40, 1)
        assert np.abs(images.mean(axis=(1, 2, 3)) - 5 * labels[:, 0]).max() < 3
        orders.append(labels[:, 0].tolist())
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(40)) and orders[0] != orders[1]


def test_a_pipeline_repeats_with_its_seed_and_keeps_the_order_without_one(grey_photos):
    def stream(seed, order_seed):
        photos = pipeline.photos(grey_photos, np.arange(40), 32)
        ds = pipeline.batches(photos, order_seed, lambda x, _: better.augment(x, seed, 16))
        return [np.concatenate(parts) for parts in zip(*ds.as_numpy_iterator(), strict=True)]

    first, again, other = stream(1, 1), stream(1, 1), stream(1, 2)
    assert np.array_equal(first[0], again[0]) and not np.array_equal(first[1], other[1])
    ds = pipeline.batches(pipeline.photos(grey_photos, np.arange(40), 32))
    assert np.concatenate([labels for _, labels in ds.as_numpy_iterator()])[:, 0].tolist() == list(range(40))


@pytest.mark.parametrize("size", [(400, 300), (100, 90), (33, 400)])
def test_decoding_at_half_size_gives_the_photo_that_pillow_gives(tmp_path, size):
    ramp = np.add.outer(np.linspace(0, 120, size[1]), np.linspace(0, 120, size[0]))
    Image.fromarray(np.repeat(ramp[..., None], 3, axis=2).astype("uint8")).save(tmp_path / "ramp.jpg", quality=95)
    decoded = pipeline.decode(str(tmp_path / "ramp.jpg"), 64).numpy()
    with Image.open(tmp_path / "ramp.jpg") as photo:
        wanted = np.asarray(photo.resize((64, 64), Image.Resampling.BICUBIC), int)
    assert decoded.dtype == "uint8" and np.abs(decoded - wanted).max() <= 6


@pytest.mark.parametrize("side", [90, 150, 250])
def test_decoding_shrinks_fine_patterns_as_pillow_does_and_not_to_false_ones(tmp_path, side):
    down, across = np.indices((side, side))
    rings = np.uint8(127.5 + 127 * np.cos((down**2 + across**2) / 60))
    Image.fromarray(rings).convert("RGB").save(tmp_path / "rings.jpg", quality=98)
    decoded = pipeline.decode(str(tmp_path / "rings.jpg"), 64).numpy().astype(int)
    with Image.open(tmp_path / "rings.jpg") as photo:
        wanted = np.asarray(photo.resize((64, 64), Image.Resampling.BICUBIC), int)
    plain = tf.image.resize(np.repeat(rings[..., None], 3, axis=2), (64, 64)).numpy()
    assert np.abs(decoded - wanted).mean() < np.abs(plain - wanted).mean() / 3


def test_grey_levels_are_rounded_and_not_cut_off(tmp_path):
    Image.new("RGB", (99, 75), (200,) * 3).save(tmp_path / "even.jpg", quality=95)
    assert (pipeline.decode(str(tmp_path / "even.jpg"), 64).numpy() == 200).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(8, 40))
@example(0, 24)  # rounding put an edge outside
def test_a_random_window_lies_within_the_photo_and_covers_nearly_half_of_it(seed, size):
    rows, columns = np.indices((50, 50)).astype("float32")
    image = np.stack([rows, columns, np.ones_like(rows)], axis=-1)
    views = better.random_resized_crop(np.repeat(image[None], 16, axis=0), seed, size).numpy()
    assert views.shape == (16, size, size, 3) and np.allclose(views[..., 2], 1), "a window outside would hold zeros"
    edge = 50 / min(50, 2 * size)  # the outermost pixel after shrinking lies half of this from the edge
    height, width = (np.ptp(views[..., channel], axis=(1, 2)) / (50 - edge) for channel in (0, 1))
    assert np.all(height * width > 0.43) and np.all(height / width < 2.2) and np.all(width / height < 2.2)


@pytest.mark.parametrize("size", [16, 24, 32, 48, 64])
def test_a_random_window_leaves_no_false_pattern_of_fine_stripes(size):
    side = max(128, 3 * size)  # photos more than twice as wide as the window are shrunk first
    stripes = np.zeros((4, side, side, 3), "float32")
    stripes[:, :, ::2] = 255
    views = better.random_resized_crop(stripes, 3, size).numpy()
    boxes = np.array([[0, 0, 0.8, 0.8]] * 4, "float32")
    careless = tf.image.crop_and_resize(stripes, boxes, np.arange(4), (size, size)).numpy()
    assert views.std() < careless.std() / 3


def test_half_of_the_photos_are_mirrored_each_for_itself():
    image = np.tile(np.arange(50, dtype="float32")[:, None], (2000, 50, 1, 3))
    views = better.augment(image, 7, 8).numpy()
    assert 0.45 < np.mean(views[:, 0, 0, 0] > views[:, 0, -1, 0]) < 0.55


def test_networks_have_the_layers_that_the_text_says():
    published = notebook.published_net(150)
    kinds = [type(layer).__name__ for layer in published.layers]
    assert kinds == ["Conv2D", "MaxPooling2D"] * 3 + ["Flatten", "Dense", "Dropout", "Dense"]
    assert published.count_params() == 19_034_177 and published.output_shape == (None, 1)
    ours = better.pet_net((8, 16))
    photos = np.random.default_rng(0).uniform(0, 255, (2, 96, 64, 3))
    assert ours(photos).shape == (2, 1), "photos of any size"
    assert np.array_equal(ours(photos), ours(photos)), "nothing random in the model"
    pooled = better.pooled_net()
    assert pooled.count_params() == 93_377 and pooled(photos).shape == (2, 1)


def test_a_residual_block_begins_as_its_input():
    inputs = keras.Input((8, 8, 4))
    block = keras.Model(inputs, better.residual_block(inputs, 4))
    x = np.random.default_rng(0).uniform(0, 1, (2, 8, 8, 4)).astype("float32")
    assert np.array_equal(block(x), x)


def test_training_learns_bright_from_dark_and_repeats_with_its_seed(grey_photos):
    labels = (np.arange(40) >= 20).astype("int32")
    ds = pipeline.photos(grey_photos, labels, 32, "")
    logits = []
    for _ in range(2):
        keras.utils.set_random_seed(5)
        model = better.pet_net((4,))
        better.train(model, ds, [(16, 20), (24, 20)], seed=5, augmented=False)
        logits.append(better.logits_of(model, ds, 24))
    assert np.mean((logits[0] > 0) == labels) >= 0.9
    assert np.abs(logits[0] - logits[1]).max() < 1e-3


def test_weight_decay_works_on_kernels_alone():
    model, optimizer = better.pet_net((4,)), better.adamw_one_cycle(10)
    model.set_weights([np.ones_like(weight) for weight in model.get_weights()])
    optimizer.apply([tf.zeros_like(w) for w in model.trainable_variables], model.trainable_variables)
    smaller = {w.path.split("/")[-1] for w in model.trainable_variables if w.numpy().min() < 1}
    same = {w.path.split("/")[-1] for w in model.trainable_variables if w.numpy().min() == 1}
    assert smaller == {"kernel"} and same == {"gamma", "beta", "bias"}


def test_the_schedule_goes_on_from_phase_to_phase(grey_photos):
    ds = pipeline.photos(grey_photos, (np.arange(40) >= 20).astype("int32"), 32, "")
    model = better.pet_net((4,))
    better.train(model, ds, [(16, 2), (24, 3)], seed=0)
    assert int(model.optimizer.iterations) == 2 * 5, "two batches in each of five epochs"
    assert float(model.optimizer.learning_rate) < 1e-6, "the rate ends at 0"


def test_the_logits_keep_the_order_of_the_photos(grey_photos):
    model = better.pet_net((4,))
    ds = pipeline.photos(grey_photos * 3, np.tile(np.arange(40), 3), 32)
    logits = better.logits_of_views(model, ds, 16)
    one = ds.skip(77).take(1)
    assert logits.shape == (120, 2) and np.allclose(logits[77], better.logits_of_views(model, one, 16)[0], atol=1e-4)


def test_the_logit_is_the_same_for_a_photo_and_its_mirror_image():
    photos = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3)).astype("uint8")
    keras.utils.set_random_seed(0)
    model = better.pet_net((4,))
    once, mirrored = (
        better.logits_of(model, tf.data.Dataset.from_tensor_slices((x, np.zeros(6))), 32)
        for x in (photos, photos[:, :, ::-1])
    )
    assert once.shape == (6,) and np.allclose(once, mirrored, atol=1e-5) and once.std() > 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=20), st.floats(0, 1))
def test_mean_cost_counts_each_mistake_at_its_price(cases, threshold):
    p, labels = (np.array(values) for values in zip(*cases, strict=True))
    by_hand = [
        5 if label and value < threshold else 1 if not label and value >= threshold else 0 for value, label in cases
    ]
    assert better.mean_cost(p, labels, threshold) == pytest.approx(np.mean(by_hand))


def test_the_published_plan_scales_pixels_of_both_splits_once(grey_photos):
    class Listener:
        def compile(self, *_, **__):
            pass

        def fit(self, train_ds, validation_data, **_):
            self.largest = [
                max(images.max() for images, _ in ds.as_numpy_iterator()) for ds in (train_ds, validation_data)
            ]
            return SimpleNamespace(history={})

    ds, model = pipeline.batches(pipeline.photos(grey_photos, np.zeros(40), 32)), Listener()
    notebook.train_published(model, ds, ds, 1)
    assert model.largest == pytest.approx([5 * 39 / 255] * 2, abs=0.02)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0.05, 0.95), st.floats(0, 1))
def test_the_threshold_from_costs_is_where_both_answers_cost_the_same(let_in, kept_out, share, p):
    threshold = better.threshold_from_costs(let_in, kept_out, share)
    odds = p * share, (1 - p) * (1 - share)  # of dog and cat at this door, for a p where half are dogs
    if abs(odds[0] * let_in - odds[1] * kept_out) > 1e-9:
        assert (p > threshold) == (odds[0] * let_in > odds[1] * kept_out)
    assert better.threshold_from_costs(5, 1) == pytest.approx(1 / 6)


def test_near_duplicates_are_one_group_mirrored_or_brighter_and_others_are_not():
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 200, (6, 12, 12))
    images[3] = images[0][:, ::-1]
    images[4] = images[3] + 30
    groups, pairs = better.groups_of(images)
    assert groups[0] == groups[3] == groups[4] and len(set(groups)) == 4
    assert pairs.tolist() == [[0, 3], [0, 4], [3, 4]]
