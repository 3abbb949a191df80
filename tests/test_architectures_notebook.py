"""The definitions that notebook 06 shows, taken out of it and tested."""

import math
import time

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from helpers import notebooks, training

notebook = notebooks.definitions("06")


def model_of(block, *arguments, size=8, channels=6, **options):
    """Return a model of one block, for maps of this size."""
    inputs = keras.Input((size, size, channels))
    return keras.Model(inputs, block(inputs, *arguments, **options))


def test_macs_of_a_network_counted_by_hand():
    inputs = keras.Input((9, 9, 4))
    x = layers.Conv2D(6, (3, 2), strides=2)(inputs)  # 4 x 4 places
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    x = layers.Conv2D(8, 1, groups=4)(x)
    x = layers.Dense(5)(layers.Flatten()(layers.Dense(3)(x)))
    by_hand = 16 * 6 * (3 * 2 * 4) + 16 * 12 * 9 + 16 * 8 * 3 + 16 * 3 * 8 + 5 * 48
    assert notebook.macs(keras.Model(inputs, x)) == by_hand


def test_a_network_inside_a_network_is_counted():
    inner = model_of(notebook.conv, 5)
    outer = keras.Sequential([keras.Input((8, 8, 6)), inner, layers.Conv2D(2, 1)])
    assert notebook.macs(outer) == notebook.macs(inner) + 64 * 2 * 5


@pytest.mark.parametrize(
    ("shape", "layer", "what"),
    [
        ((7, 4), layers.GRU(3), "GRU"),
        ((8, 8, 3), layers.SeparableConv2D(2, 3), "SeparableConv2D"),
        ((8, 8, 3), layers.Conv2DTranspose(2, 3), "Conv2DTranspose"),
        ((None, None, 3), layers.Conv2D(2, 3), "no fixed size"),
    ],
)
def test_what_cannot_be_counted_is_refused(shape, layer, what):
    with pytest.raises(ValueError, match=what):
        notebook.macs(keras.Sequential([keras.Input(shape), layer]))


@settings(deadline=None, max_examples=25)
@given(
    size=st.integers(3, 12), channels=st.integers(1, 9), filters=st.integers(1, 9),
    kernel_size=st.integers(1, 5), strides=st.integers(1, 3),
)  # fmt: skip
def test_macs_of_one_convolution_follow_the_formula(size, channels, filters, kernel_size, strides):
    places = math.ceil(size / strides) ** 2
    model = model_of(notebook.conv, filters, kernel_size, strides, size=size, channels=channels)
    assert notebook.macs(model) == places * kernel_size**2 * channels * filters
    model = model_of(notebook.separable, filters, strides, size=size, channels=channels)
    assert notebook.macs(model) == places * (9 * channels + channels * filters)


@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize(
    ("block", "weights"),  # of 6 channels in and 10 filters; normalisation has four numbers for each channel
    [
        (notebook.conv, 9 * 60 + 4 * 10),
        (notebook.three_small, 9 * (60 + 100 + 100) + 3 * 4 * 10),
        (notebook.one_large, 49 * 60 + 4 * 10),
        (notebook.separable, 9 * 6 + 60 + 4 * 16),
        (notebook.inverted, 6 * 24 + 9 * 24 + 240 + 4 * 58),
        (notebook.two_inverted, 6 * 24 + 9 * 24 + 240 + 4 * 58 + 10 * 40 + 9 * 40 + 400 + 4 * 90),
    ],
)
def test_blocks_have_the_shape_and_the_parameters_that_they_should(block, weights, strides):
    model = model_of(block, 10, strides=strides)
    assert model.output_shape == (None, 8 // strides, 8 // strides, 10)
    assert model.count_params() == weights


@pytest.mark.parametrize("shortcut", [True, False])
def test_a_residual_block_keeps_the_shape_and_has_two_convolutions(shortcut):
    model = model_of(notebook.residual, shortcut)
    assert model.output_shape == (None, 8, 8, 6) and model.count_params() == 2 * (9 * 36 + 4 * 6)


def silenced(model):
    """Set the factor of the last normalisation to zero; return the model."""
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    norms[-1].gamma.assign(np.zeros(norms[-1].gamma.shape))
    return model


def test_blocks_with_a_shortcut_give_back_their_input_when_g_is_zero():
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 6)).astype("float32")
    assert np.allclose(model_of(notebook.residual)(x), np.maximum(x, 0)), "g begins at zero"
    assert np.any(model_of(notebook.residual, shortcut=False)(x)), "a plain block begins with something"
    assert np.allclose(silenced(model_of(notebook.residual))(x), np.maximum(x, 0))
    assert np.allclose(silenced(model_of(notebook.inverted, 6, 1))(x), x), "no ReLU behind the sum"
    assert not np.any(silenced(model_of(notebook.residual, shortcut=False))(x)), "plain: nothing is left"


def test_the_narrow_end_is_linear():
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 6)).astype("float32")
    assert np.min(model_of(notebook.inverted, 5, 1)(x)) < -0.01


@pytest.mark.parametrize("expansion", [1, 3])
def test_the_expansion_factor_widens_the_inside(expansion):
    model = model_of(notebook.inverted, 5, 1, expansion=expansion)
    wide = 6 * expansion
    assert model.count_params() == 6 * wide + 9 * wide + 5 * wide + 4 * (2 * wide + 5)


def test_depthwise_and_pointwise_are_a_convolution_whose_kernel_is_a_product():
    rng = np.random.default_rng(0)
    x = rng.random((2, 8, 8, 6)).astype("float32")
    d, p = rng.random((3, 3, 6, 1)).astype("float32"), rng.normal(size=(1, 1, 6, 4)).astype("float32")
    model = model_of(notebook.separable, 4, 1)  # positive numbers: the ReLU between the two changes nothing
    for layer in model.layers:
        if isinstance(layer, layers.DepthwiseConv2D):
            layer.kernel.assign(d)
        elif isinstance(layer, layers.Conv2D):
            layer.kernel.assign(p)
    whole = keras.ops.conv(x, d * p, padding="same").numpy() / (1 + 1e-3)  # two normalisations, untrained
    assert np.allclose(model(x), np.maximum(whole, 0), atol=1e-4)


@pytest.mark.parametrize("depth", [8, 12, 20])
@pytest.mark.parametrize("shortcut", [True, False])
def test_deep_nets_have_their_depth_and_a_sum_for_each_block(depth, shortcut):
    model = notebook.deep_net(depth, shortcut)
    kernels = [layer for layer in model.layers if isinstance(layer, (layers.Conv2D, layers.Dense))]
    assert len(kernels) == depth and [layer.strides[0] for layer in kernels[:-1]].count(2) == 3
    assert sum(isinstance(layer, layers.Add) for layer in model.layers) == shortcut * (depth // 2 - 2)
    assert model.layers[-3].output.shape == (None, 4, 4, 32) and model.output_shape == (None, 10)


def test_without_skip_connections_depth_8_is_the_plain_cnn():
    def described(model):
        return [(type(layer).__name__, layer.output.shape) for layer in model.layers]

    assert described(notebook.deep_net(8, shortcut=False)) == described(notebook.framed(notebook.three_small))


def test_the_frame_holds_the_stage_twice_and_ends_in_logits():
    model = notebook.framed(notebook.three_small)
    assert model.input_shape == (None, 28, 28, 1) and model.output_shape == (None, 10)
    sizes = [layer.output.shape[1] for layer in model.layers if isinstance(layer, layers.Conv2D)]
    assert sizes == [14] + [7] * 3 + [4] * 3


def test_pixels_are_shuffled_alike_in_all_images():
    images = np.arange(2 * 784).reshape(2, 28, 28, 1)
    one, other = notebook.shuffle_pixels(images, np.random.default_rng(1).permutation(784))
    assert np.array_equal(other - one, np.full((28, 28, 1), 784))
    assert sorted(one.ravel()) == list(range(784)) and not np.array_equal(one, images[0])


@pytest.mark.parametrize(("kernel_size", "count", "seen"), [(3, 1, 3), (3, 2, 5), (5, 1, 5), (3, 3, 7), (7, 1, 7)])
def test_the_gradient_reaches_as_far_as_the_kernels(kernel_size, count, seen):
    assert notebook.seen_width(kernel_size, count) == seen


def test_enough_dimensions_bring_points_back_through_relu():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(100, 2))
    distance = {n: np.abs(notebook.through_relu(points, n, rng) - points).max() for n in (1, 60)}
    assert distance[60] < 0.05 < distance[1]


def test_the_first_gradient_is_that_of_finite_differences():
    images = np.random.default_rng(0).random((20, 28, 28, 1)).astype("float32")
    labels = np.arange(20) % 10
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Conv2D(1, 1, use_bias=False), layers.Flatten(), layers.Dense(10)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    kernel, found = model.layers[0].kernel, []
    start = kernel.numpy()
    for step in (-0.01, 0.01):
        kernel.assign(start + step)
        found.append(float(loss(labels, model(images))))
    kernel.assign(start)
    slope = abs(found[1] - found[0]) / 0.02
    assert notebook.first_gradient(model, images, labels) == pytest.approx(slope, rel=0.01)


def scripted(monkeypatch, tuning_of, record):
    """Let `train_once` give tuning accuracies by (seed, peak) without training, and record what it is asked for."""

    def train_once(model, update, splits, seed, peak):
        record.append((seed, peak))
        return notebook.Run(np.zeros(2), tuning_of[seed, peak], seed + peak, 1.0)

    monkeypatch.setattr(notebook, "train_once", train_once)


@pytest.mark.parametrize("best", notebook.PEAKS)
def test_the_peak_is_chosen_on_tuning_images_and_the_search_is_the_first_run(monkeypatch, best):
    asked, tuning = [], {(7, peak): 0.5 for peak in notebook.PEAKS} | {(7, best): 0.6, (8, best): 0.1, (9, best): 0.2}
    scripted(monkeypatch, tuning, asked)
    peak, runs = notebook.tuned_runs(None, None, None, range(7, 10))
    assert peak == best and asked == [*((7, peak) for peak in notebook.PEAKS), (8, best), (9, best)]
    assert [run.validation for run in runs] == [7 + best, 8 + best, 9 + best]


def test_a_run_judges_by_the_split_that_it_names_and_trains_with_the_peak():
    rng = np.random.default_rng(0)
    splits = [(rng.random((n, 28, 28, 1)).astype("float32"), np.arange(n) % 10) for n in (100, 30, 50)]
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])
    update = training.make_update(model, keras.optimizers.Adam())
    run = notebook.train_once(model, update, splits, 3, 0.01)
    assert len(run.losses) == notebook.BUDGET["updates"] and 0 < run.seconds < 10
    assert run.tuning == training.accuracy_of(model, *splits[1])
    assert run.validation == training.accuracy_of(model, *splits[2])
    still = notebook.train_once(model, update, splits, 3, 0.0)
    assert run.losses[0] == still.losses[0] and run.losses[-1] != still.losses[-1]


def test_a_gain_is_paired_by_seed():
    def result(*accuracies):
        runs = [notebook.Run(np.zeros(1), 0.0, accuracy, 1.0) for accuracy in accuracies]
        return notebook.Result(None, None, 0, 0.01, runs)

    first, second = result(0.5, 0.7, 0.9), result(0.4, 0.6, 0.8)
    mean, half = notebook.gain(first, second)
    assert mean == pytest.approx(0.1) and half == pytest.approx(0, abs=1e-9)
    mean, half = notebook.gain(first, result(0.6, 0.6, 0.6))
    assert half == pytest.approx(4.3027 * 0.2 / np.sqrt(3), rel=1e-4)
    assert notebook.lower_end(first, result(0.6, 0.6, 0.6)) == pytest.approx(mean - half)


def test_the_first_call_does_not_count_as_latency():
    calls = []

    def call(photo):
        calls.append(photo)
        time.sleep(0.3 if len(calls) == 1 else 0.01)

    assert 0.01 <= notebook.latency(call, "photo", repeats=5) < 0.1
    assert calls == ["photo"] * 6


def test_arithmetic_intensity_counts_inputs_weights_and_outputs():
    layer = layers.DepthwiseConv2D(3, padding="same", use_bias=False)
    layer(keras.Input((4, 5, 2)))
    assert notebook.intensity(layer) == 40 * 9 / (40 + 18 + 40)
