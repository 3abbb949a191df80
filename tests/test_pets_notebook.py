"""The definitions that notebook 04 shows, taken out of it and tested: odd files, input pipeline, networks, costs."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import run

notebook = run.definitions("04")


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
        "turned.jpg": "convert: turned by its EXIF note",
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
    photos = notebook.photos(grey_photos, np.arange(40), 32, cache)
    ds = notebook.batches(photos, 0, lambda x, seed: notebook.crop_and_flip(x, seed, 16), batch_size=16)
    orders = []
    for _ in range(2):
        images, labels = (np.concatenate(parts) for parts in zip(*ds.as_numpy_iterator(), strict=True))
        assert images.shape == (40, 16, 16, 3) and images.dtype == "float32" and labels.shape == (40, 1)
        assert np.abs(images.mean(axis=(1, 2, 3)) - 5 * labels[:, 0]).max() < 3
        orders.append(labels[:, 0].tolist())
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(40)) and orders[0] != orders[1]


def test_a_pipeline_repeats_with_its_seed_and_keeps_the_order_without_one(grey_photos):
    def stream(seed, order_seed):
        photos = notebook.photos(grey_photos, np.arange(40), 32)
        ds = notebook.batches(photos, order_seed, lambda x, _: notebook.augment(x, seed, 16))
        return [np.concatenate(parts) for parts in zip(*ds.as_numpy_iterator(), strict=True)]

    first, again, other = stream(1, 1), stream(1, 1), stream(1, 2)
    assert np.array_equal(first[0], again[0]) and not np.array_equal(first[1], other[1])
    ds = notebook.batches(notebook.photos(grey_photos, np.arange(40), 32))
    assert np.concatenate([labels for _, labels in ds.as_numpy_iterator()])[:, 0].tolist() == list(range(40))


@pytest.mark.parametrize("size", [(400, 300), (100, 90), (33, 400)])
def test_decoding_at_half_size_gives_the_photo_that_pillow_gives(tmp_path, size):
    ramp = np.add.outer(np.linspace(0, 120, size[1]), np.linspace(0, 120, size[0]))
    Image.fromarray(np.repeat(ramp[..., None], 3, axis=2).astype("uint8")).save(tmp_path / "ramp.jpg", quality=95)
    decoded = notebook.decode(str(tmp_path / "ramp.jpg"), 64).numpy()
    with Image.open(tmp_path / "ramp.jpg") as photo:
        wanted = np.asarray(photo.resize((64, 64), Image.Resampling.BILINEAR), int)
    assert decoded.dtype == "uint8" and np.abs(decoded - wanted).max() <= 6


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(8, 40))
def test_a_random_window_lies_within_the_photo_and_covers_nearly_half_of_it(seed, size):
    rows, columns = np.indices((50, 50)).astype("float32")
    image = np.stack([rows, columns, np.ones_like(rows)], axis=-1)
    views = notebook.crop_and_flip(np.repeat(image[None], 16, axis=0), seed, size).numpy()
    assert views.shape == (16, size, size, 3) and np.allclose(views[..., 2], 1), "a window outside would hold zeros"
    height, width = np.ptp(views[..., 0], axis=(1, 2)) / 49, np.abs(views[:, 0, -1, 1] - views[:, 0, 0, 1]) / 49
    assert np.all(height * width > 0.43) and np.all(height / width < 2.2) and np.all(width / height < 2.2)


def test_half_of_the_windows_are_mirrored():
    image = np.tile(np.arange(50, dtype="float32")[:, None], (2000, 50, 1, 3))
    views = notebook.crop_and_flip(image, 7, 8).numpy()
    assert 0.45 < np.mean(views[:, 0, 0, 0] > views[:, 0, -1, 0]) < 0.55


def test_networks_have_the_layers_that_the_text_says():
    published = notebook.published_net(150)
    kinds = [type(layer).__name__ for layer in published.layers]
    assert kinds == ["Conv2D", "MaxPooling2D"] * 3 + ["Flatten", "Dense", "Dropout", "Dense"]
    assert published.count_params() == 19_034_177 and published.output_shape == (None, 1)
    ours = notebook.pet_net((8, 16))
    photos = np.random.default_rng(0).uniform(0, 255, (2, 96, 64, 3))
    assert ours(photos).shape == (2, 1), "photos of any size"
    assert np.array_equal(ours(photos), ours(photos)), "nothing random in the model"
    assert notebook.pooled_net(64).count_params() == 93_377


def test_a_residual_block_begins_as_its_input():
    inputs = keras.Input((8, 8, 4))
    block = keras.Model(inputs, notebook.residual_block(inputs, 4))
    x = np.random.default_rng(0).uniform(0, 1, (2, 8, 8, 4)).astype("float32")
    assert np.array_equal(block(x), x)


def test_training_learns_bright_from_dark_and_repeats_with_its_seed(grey_photos):
    labels = (np.arange(40) >= 20).astype("int32")
    ds = notebook.photos(grey_photos, labels, 32, "")
    logits = []
    for _ in range(2):
        keras.utils.set_random_seed(5)
        model = notebook.pet_net((4,))
        notebook.train(model, ds, [(16, 20), (24, 20)], seed=5, augmented=False)
        logits.append(notebook.logits_of(model, ds, 24))
    assert np.mean((logits[0] > 0) == labels) >= 0.9
    assert np.abs(logits[0] - logits[1]).max() < 1e-3


def test_the_logit_is_the_same_for_a_photo_and_its_mirror_image():
    photos = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3)).astype("uint8")
    keras.utils.set_random_seed(0)
    model = notebook.pet_net((4,))
    once, mirrored = (
        notebook.logits_of(model, tf.data.Dataset.from_tensor_slices((x, np.zeros(6))), 32)
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
    assert notebook.mean_cost(p, labels, threshold) == pytest.approx(np.mean(by_hand))


def test_the_published_plan_scales_pixels_of_both_splits_once(grey_photos):
    class Listener:
        def compile(self, *_, **__):
            pass

        def fit(self, train_ds, validation_data, **_):
            self.largest = [
                max(images.max() for images, _ in ds.as_numpy_iterator()) for ds in (train_ds, validation_data)
            ]
            return SimpleNamespace(history={})

    ds, model = notebook.batches(notebook.photos(grey_photos, np.zeros(40), 32)), Listener()
    notebook.train_published(model, ds, ds, 1)
    assert model.largest == pytest.approx([5 * 39 / 255] * 2, abs=0.02)
