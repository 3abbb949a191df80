"""The functions of notebook 07: drawing few images, extracting, probing, freezing, Grad-CAM."""

import json
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from sklearn.linear_model import LogisticRegression

from helpers import backbone, datasets
from helpers.notebooks import choose, definitions

transfer = definitions("07")
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (12, 64, 64, 3)).astype("float32")


@pytest.fixture(scope="module")
def net():
    return backbone.load(size=64)


@pytest.fixture(scope="module")
def found(net):
    return transfer.extract([IMAGES[:5], IMAGES[5:]], transfer.make_extractor(net, transfer.CUT))


@given(st.lists(st.integers(0, 4), min_size=40, max_size=80), st.integers(0, 9))
def test_few_draws_as_many_of_each_class_none_twice(labels, seed):
    labels = np.array(labels)
    per_class = np.bincount(labels)[np.unique(labels)].min()
    drawn = transfer.few(labels, per_class, seed)
    assert len(set(drawn)) == len(drawn) == per_class * len(np.unique(labels))
    assert (np.bincount(labels[drawn])[np.unique(labels)] == per_class).all()
    assert (drawn == transfer.few(labels, per_class, seed)).all()


def test_coloured_keeps_the_range_and_repeats_the_channel():
    grey = RNG.integers(0, 256, (3, 28, 28, 1), "uint8")
    colour = transfer.coloured(grey, 64)
    assert colour.shape == (3, 64, 64, 3) and (colour[..., 0] == colour[..., 2]).all()
    assert colour.min() >= grey.min() and colour.max() <= grey.max()
    np.testing.assert_allclose(transfer.coloured(grey, 28)[..., :1], grey)


def test_batches_of_grey_images_and_of_photos(tmp_path):
    grey = datasets.Split(RNG.integers(0, 256, (5, 28, 28, 1), "uint8"), np.arange(5))
    sizes = [len(batch) for batch in transfer.batches(grey, 40, batch_size=2)]
    assert sizes == [2, 2, 1]
    chosen = transfer.images_of(grey, [3, 0], 40)
    np.testing.assert_allclose(chosen, transfer.coloured(grey.images[[3, 0]], 40))
    paths = [tmp_path / f"{number}.jpg" for number in range(3)]
    for number, path in enumerate(paths):
        tf.io.write_file(str(path), tf.io.encode_jpeg(np.full((50, 60, 3), 80 * number, "uint8")))
    photos = datasets.Split(np.array([str(path) for path in paths]), np.array([0, 1, 1]))
    pixels = transfer.images_of(photos, [2, 0, 1], 32)
    assert pixels.shape == (3, 32, 32, 3)
    np.testing.assert_allclose(pixels.mean(axis=(1, 2, 3)), [160, 0, 80], atol=2)


def test_extractor_gives_five_stages_features_and_maps(net, found):
    assert [found[f"stage {k}"].shape[0] for k in range(1, 6)] == [12] * 5
    np.testing.assert_allclose(found["features"], backbone.features(net, IMAGES), atol=1e-5)
    np.testing.assert_allclose(found["stage 5"], found["features"])
    assert found["maps"].shape == (12, 4, 4, 112)
    assert "maps" not in transfer.make_extractor(net).output
    ends = {name: maps for name, maps in transfer.stage_ends(net).items() if name in ("stage 4", "stage 5")}
    behind = keras.Model(net.get_layer(transfer.CUT).output, ends)
    for name, maps in behind(found["maps"]).items():
        np.testing.assert_allclose(maps.numpy().mean(axis=(1, 2)), found[name], atol=1e-4)


def test_extractor_refuses_scaled_pixels(net):
    with pytest.raises(ValueError, match="not scaled before"):
        transfer.extract([IMAGES / 255], transfer.make_extractor(net))


def test_other_backbones_go_the_same_way():
    other = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(64, 64, 3))
    found = transfer.extract([IMAGES[:3]], transfer.make_extractor(other, "block_15_add"))
    assert [name for name in found if "stage" in name] == [f"stage {k}" for k in range(1, 6)]
    assert found["features"].shape == (3, 1280)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_probe_is_a_dense_layer(net, found, classes):
    probe = LogisticRegression(C=0.1, max_iter=500).fit(found["features"], np.arange(12) % classes)
    logits = transfer.with_probe(net, probe)(IMAGES, training=False).numpy()
    wanted = probe.decision_function(found["features"]).reshape(12, -1)
    np.testing.assert_allclose(logits, wanted, atol=1e-3)


def test_normalisation_is_frozen_and_freed_in_nested_models():
    inner_in = keras.Input((4, 4, 2))
    inner = keras.Model(inner_in, layers.BatchNormalization()(layers.Conv2D(2, 1)(inner_in)))
    outer = keras.Sequential([keras.Input((4, 4, 2)), inner, layers.BatchNormalization(), layers.Conv2D(1, 1)])
    everything = len(outer.trainable_weights)
    transfer.set_normalisation(outer, trainable=False)
    assert len(outer.trainable_weights) == everything - 4, "gamma and beta of two layers"
    transfer.set_normalisation(outer, trainable=True)
    assert len(outer.trainable_weights) == everything


def test_the_usual_beginning_runs_as_it_is_printed():
    """With random weights in place of a download: only the new layer learns."""
    cells = json.loads(choose(["07"])[0].read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    blocks = [block for text in texts for block in re.findall(r"```python\n(.*?)```", text, re.S)]
    (code,) = [block for block in blocks if 'weights="imagenet"' in block]
    names = {"keras": keras, "layers": layers}
    exec(code.replace('weights="imagenet"', "weights=None"), names)
    model, pixels = names["model"], RNG.integers(0, 256, (2, 224, 224, 3)).astype("float32")
    assert model.output_shape == (None, 1) and len(model.trainable_weights) == 2
    np.testing.assert_allclose(model(pixels, training=True), model(pixels, training=False), atol=1e-5)


def trained_change(model):
    """Return by how much one epoch changes the running averages of the model's first layer."""
    before = model.layers[0].moving_mean.numpy()
    model.fit(np.full((8, 3), 5.0), np.zeros(8), verbose=0)
    return float(np.abs(model.layers[0].moving_mean.numpy() - before).max())


def test_trainable_is_read_when_fit_builds_its_step_and_at_the_next_compile():
    model = keras.Sequential([keras.Input((3,)), layers.BatchNormalization(), layers.Dense(1)])
    model.compile("adam", "mse")
    model.layers[0].trainable = False
    assert trained_change(model) == 0, "a change after compile counts until the first fit"
    model.layers[0].trainable = True
    assert trained_change(model) == 0, "a change after the first fit is ignored"
    model.compile("adam", "mse")
    assert trained_change(model) > 0, "until the next compile"


def test_side_by_side_puts_the_dog_where_it_says():
    cats, dogs = np.full((2, 4, 4, 3), 10), np.full((2, 4, 4, 3), 200)
    canvases = transfer.side_by_side(cats, dogs, np.array([True, False]))
    assert canvases.shape == (2, 8, 8, 3) and canvases.dtype == np.float32
    assert (canvases[0, 2:6, :4] == 200).all() and (canvases[0, 2:6, 4:] == 10).all()
    assert (canvases[1, 2:6, :4] == 10).all() and (canvases[1, 2:6, 4:] == 200).all()
    assert not canvases[:, :2].any() and not canvases[:, 6:].any()


def test_fine_tuning_begins_from_the_given_weights_and_is_repeatable():
    inputs = keras.Input((2, 2, 3))
    tail = keras.Model(inputs, layers.BatchNormalization()(layers.Conv2D(4, 1)(inputs)))
    model = keras.Sequential([keras.Input((2, 2, 3)), tail, layers.GlobalAveragePooling2D(), layers.Dense(2)])
    begin, maps, labels = model.get_weights(), RNG.normal(size=(40, 2, 2, 3)), np.arange(40) % 2
    how = {"rate": 0.01, "epochs": 2, "seed": 0}

    def fine_tuned(**changed):
        curve = transfer.fine_tune(model, begin, (maps, labels), (maps, labels), **how | changed)
        return curve, model.get_weights()

    (curve, weights), (again, weights_again) = fine_tuned(), fine_tuned()
    assert curve == again and len(curve) == 2
    for one, other in zip(weights, weights_again, strict=True):
        np.testing.assert_array_equal(one, other)
    normalisation = [np.array_equal(new, old) for new, old in zip(weights[2:6], begin[2:6], strict=True)]
    assert normalisation == [True] * 4 and not np.array_equal(weights[0], begin[0])
    _, free = fine_tuned(trainable=True, momentum=0.9)
    assert not any(np.array_equal(new, old) for new, old in zip(free[2:6], begin[2:6], strict=True))
    _, still = fine_tuned(rate=0.0)
    np.testing.assert_array_equal(still[0], begin[0])


@pytest.mark.parametrize("width", [4, 5])
def test_pointing_game_counts_hits_misses_and_undecided_maps(width):
    cams = np.zeros((4, 3, width))
    cams[0, 1, 0] = cams[1, 2, 1] = cams[2, 0, -1] = 1
    left = np.array([True, True, True, False])
    assert transfer.pointing_game(cams[:3], left[:3]) == pytest.approx(2 / 3)
    assert transfer.pointing_game(cams[3:], left[3:]) == 0.5, "a map of zeros"
    assert transfer.pointing_game(cams[2:3], np.array([False])) == 1
    if width == 5:
        cams[3, 1, 2] = 1
        assert transfer.pointing_game(cams[3:], left[3:]) == 0.5, "the middle column"


@pytest.mark.parametrize("output", [0, 2])
def test_grad_cam_equals_its_closed_form(net, output):
    """Behind global pooling and one dense layer the gradient is the layer's weight, over the number of places."""
    model = keras.Sequential([keras.Input((64, 64, 3)), net, layers.GlobalAveragePooling2D(), layers.Dense(3)])
    model.layers[-1].kernel.assign(np.random.default_rng(1).normal(0.2, 1, (1280, 3)))
    weights = model.layers[-1].kernel.numpy()[:, output] / 4
    wanted = np.maximum((net(IMAGES[:4], training=False) * weights).numpy().sum(axis=-1), 0)
    cam = transfer.grad_cam(model, IMAGES[:4], output)
    assert cam.shape == (4, 2, 2) and cam.max() > 0
    np.testing.assert_allclose(cam, wanted, atol=1e-5)
