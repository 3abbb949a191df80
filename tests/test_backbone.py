"""The embedded backbone gives the original's features, and says what it cannot take."""

import re
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import backbone, datasets

REFERENCE = datasets.embedded("weights/efficientnet_lite0_reference.npz")  # computed by PyTorch from the original file


@pytest.fixture(scope="module")
def model():
    return backbone.load()


@pytest.fixture(scope="module")
def found(model):
    return backbone.features(model, REFERENCE["images"])


@pytest.fixture(scope="module")
def small():
    return backbone.load(size=32)


def test_features_equal_the_originals(found):
    assert found.shape == REFERENCE["features"].shape == (3, 1280)
    assert np.abs(found - REFERENCE["features"]).max() < 1e-3
    assert REFERENCE["features"].max() > 1, "the comparison would mean little for features near 0"


def test_classes_equal_the_originals(found):
    head = datasets.embedded("weights/efficientnet_lite0_classes.npz")
    logits = found @ (head["classes/kernel"] * head["classes/kernel_scale"]) + head["classes/bias"]
    assert np.abs(logits - REFERENCE["logits"]).max() < 2e-3 < np.ptp(REFERENCE["logits"]) / 1000
    assert (logits.argmax(axis=1) == REFERENCE["logits"].argmax(axis=1)).all()


def test_network_is_the_published_one(model):
    assert model.count_params() == 3_413_024  # 4,694,024 with the classes
    assert model.output_shape == (None, 7, 7, 1280)
    assert sum(isinstance(layer, keras.layers.DepthwiseConv2D) for layer in model.layers) == 16


def test_scaling_is_part_of_the_network(model):
    scale = keras.Model(model.input, model.layers[1].output)
    pixels = np.full((1, 224, 224, 3), [0, 127, 255], "float32")
    np.testing.assert_allclose(scale(pixels)[0, 0, 0], [-127 / 128, 0, 1], atol=1e-6)


def test_arrays_batches_and_dtypes_give_the_same_features(small):
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), "uint8")
    once = backbone.features(small, images, batch_size=5)
    for given_as in (
        images.astype("float32"),
        [images[:2], images[2:]],
        tf.data.Dataset.from_tensor_slices(images).batch(3),
    ):
        np.testing.assert_allclose(backbone.features(small, given_as), once, atol=1e-5)
    np.testing.assert_allclose(backbone.features(small, images, batch_size=2), once, atol=1e-5)


GOOD = np.full((2, 32, 32, 3), 100, "uint8")
BAD = {
    "another size": (GOOD[:, :31], "must have the shape (n, 32, 32, 3) with n > 0; got (2, 31, 32, 3)."),
    "one image": (GOOD[0], "must have the shape (n, 32, 32, 3) with n > 0; got (32, 32, 3)."),
    "grey": (GOOD[..., :1], "got (2, 32, 32, 1)."),
    "none": (GOOD[:0], "got (0, 32, 32, 3)."),
    "no batches": ([], "must hold at least one batch; got none."),
    "integers": (GOOD.astype("int64"), "must be uint8 or floats; got int64."),
    "texts": (GOOD.astype(str), "must be uint8 or floats; got <U"),
    "truth values": (GOOD > 50, "must be uint8 or floats; got bool."),
    "scaled to 1": (GOOD / 255, "must hold pixels from 0 to 255, not scaled before; got values from 0.392 to 0.392."),
    "scaled around 0": ((GOOD - 127.0) / 128, "not scaled before; got values from -0.211 to -0.211."),
    "too bright": (GOOD * 3.0, "got values from 300 to 300."),
    "not a number": (np.where(np.arange(3) == 1, np.nan, GOOD), "got values from nan to nan."),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_images_end_in_one_sentence(small, kind):
    images, sentence = BAD[kind]
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        backbone.features(small, images)
    assert str(caught.value).startswith("images must") and "\n" not in str(caught.value)


def test_a_bad_batch_later_in_the_stream_is_found(small):
    with pytest.raises(ValueError, match="not scaled before"):
        backbone.features(small, [GOOD, GOOD / 255])


@given(st.floats(0, 255), st.floats(1.001, 255))
def test_every_float_from_0_to_255_is_taken(low, high):
    images = np.full((1, 32, 32, 3), high)
    images[0, 0] = min(low, high)
    assert backbone.checked(images, 32) is images


@given(st.one_of(st.floats(max_value=-1e-6), st.floats(min_value=255.001)))
def test_every_float_outside_is_refused(value):
    images = np.full((1, 32, 32, 3), 100.0)
    images[0, 3, 5, 1] = value
    with pytest.raises(ValueError, match="from 0 to 255"):
        backbone.checked(images, 32)


@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_damaged_weights_are_refused(damage, tmp_path, monkeypatch):
    path = tmp_path / "data" / "weights" / "efficientnet_lite0.npz"
    path.parent.mkdir(parents=True)
    content = bytearray((datasets.ROOT / "data" / "weights" / "efficientnet_lite0.npz").read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    content[len(content) // 3] ^= 1
    if damage != "missing":
        path.write_bytes(content)
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    sentence = (
        "is not there. Restore it" if damage == "missing" else "is not the expected file: its SHA-256 begins with"
    )
    with pytest.raises((datasets.DataDamaged, datasets.DataMissing), match=sentence):
        backbone.load(size=32)


@pytest.mark.parametrize(
    ("arguments", "sentence"), [({"name": "EfficientNetLite9"}, "no backbone"), ({"size": 31}, "32")]
)
def test_unknown_names_and_small_sizes_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        backbone.load(**arguments)


@pytest.mark.filterwarnings("ignore:Skipping nested container")  # Keras on the file of another network
def test_keras_applications_are_the_other_door(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(datasets.DataMissing, match=r"With the Internet at hand, .* keras.applications.MobileNetV2"):
        backbone.load("MobileNetV2", size=32)

    (tmp_path / "weights").mkdir()
    path = tmp_path / "weights" / "MobileNetV2.weights.h5"
    keras.utils.set_random_seed(0)
    original = keras.applications.MobileNetV2(include_top=False, weights=None)  # of any size, as from Keras's download
    original.save_weights(path)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")
    loaded = backbone.load("MobileNetV2", size=32)
    wanted = original(keras.applications.mobilenet_v2.preprocess_input(pixels.copy()))
    np.testing.assert_allclose(loaded(pixels), wanted, atol=1e-5)
    assert backbone.features(loaded, pixels).shape == (2, 1280)

    shutil.copy(path, tmp_path / "weights" / "VGG16.weights.h5")
    with pytest.raises(datasets.DataDamaged, match="does not hold the weights of VGG16"):
        backbone.load("VGG16", size=32)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(datasets.DataDamaged, match="does not hold the weights of MobileNetV2"):
        backbone.load("MobileNetV2", size=32)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from([3, 5]), st.sampled_from([1, 2]), st.sampled_from([1, 6]))
def test_inverted_residual_has_the_shape_and_the_weights_that_it_should(
    channels, filters, kernel_size, strides, expansion
):
    inputs = keras.Input((8, 8, channels))
    outputs = backbone.inverted_residual(inputs, kernel_size, strides, expansion, filters, "block")
    block, wide = keras.Model(inputs, outputs), expansion * channels
    assert outputs.shape == (None, 8 // strides, 8 // strides, filters)
    expand = (channels * wide + 4 * wide) if expansion > 1 else 0
    assert block.count_params() == expand + kernel_size**2 * wide + 4 * wide + wide * filters + 4 * filters
    added = any(isinstance(layer, keras.layers.Add) for layer in block.layers)
    assert added == (strides == 1 and channels == filters)
