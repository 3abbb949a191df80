"""The functions of notebook 07: drawing few images, extracting, probing, freezing, Grad-CAM."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from sklearn.linear_model import LogisticRegression

from helpers import backbone
from helpers.run import definitions

transfer = definitions("07")
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (12, 64, 64, 3)).astype("float32")


@pytest.fixture(scope="module")
def net():
    return backbone.load(size=64)


@pytest.fixture(scope="module")
def found(net):
    return transfer.extract([IMAGES[:5], IMAGES[5:]], transfer.make_extractor(net))


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


def test_extractor_gives_five_stages_features_and_maps(net, found):
    assert [found[f"stage {k}"].shape[0] for k in range(1, 6)] == [12] * 5
    np.testing.assert_allclose(found["features"], backbone.features(net, IMAGES), atol=1e-5)
    np.testing.assert_allclose(found["stage 5"], found["features"])
    assert found["maps"].shape == (12, 2, 2, 192)
    behind = keras.Model(net.get_layer(transfer.CUT).output, net.output)
    np.testing.assert_allclose(behind(found["maps"]).numpy().mean(axis=(1, 2)), found["features"], atol=1e-4)


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
    transfer.set_normalisation(outer, False)
    assert len(outer.trainable_weights) == everything - 4, "gamma and beta of two layers"
    transfer.set_normalisation(outer, True)
    assert len(outer.trainable_weights) == everything


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
