"""The functions that notebooks 02, 02b and 02c show, taken out of them and compared with Keras over a grid."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy.stats import norm
from sklearn.metrics import f1_score

from helpers import notebooks, plotting

cnn, losses, learning = (notebooks.definitions(name) for name in ("02", "02b", "02c"))
settings.register_profile("unhurried", deadline=None)  # the first call of a Keras operation takes long
settings.load_profile("unhurried")

SETTINGS = [(1, 1), (2, 1), (3, 1), (1, 2), (1, 3)]  # (stride, dilation): Keras allows one of them to differ from 1
GRID = list(itertools.product(range(1, 6), SETTINGS, ("valid", "same"), range(1, 5)))


def worst(ours, theirs):
    """Return the largest difference relative to the largest number."""
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    return np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30)


def example(kernel_size, channels, dtype="float32", size=(14, 17)):
    """Return images that are not square, kernels that mostly are not either, and a bias; all random."""
    rng = np.random.default_rng(10 * kernel_size + channels)
    shapes = (2, *size, channels), (kernel_size, max(1, kernel_size - 1), channels, 3), (3,)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("kernel_size", range(1, 6))
def test_convolution_and_its_gradients_are_those_of_keras(kernel_size):
    for _, (stride, dilation), padding, channels in (case for case in GRID if case[0] == kernel_size):
        how = f"stride {stride}, dilation {dilation}, {padding}, {channels} channels"
        images, kernels, bias = example(kernel_size, channels)
        x, w, b = (tf.Variable(array) for array in (images, kernels, bias))
        with tf.GradientTape() as tape:
            theirs = ops.conv(x, w, strides=stride, padding=padding, dilation_rate=dilation) + b
            d_y = np.random.default_rng(0).normal(size=theirs.shape).astype("float32")
            loss = ops.sum(theirs * d_y)
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        for convolve in (cnn.conv2d, cnn.conv2d_loops):
            assert worst(convolve(images, kernels, bias, **options), theirs) <= 1e-5, how
        ours = learning.conv2d_backward(images, kernels, d_y, **options)
        for gradient, tapes in zip(ours, tape.gradient(loss, [x, w, b]), strict=True):
            assert worst(gradient, tapes) <= 1e-4, how


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_gradients_of_convolution_agree_with_finite_differences(padding):
    for kernel_size, (stride, dilation) in itertools.product((1, 2, 3), SETTINGS):
        images, kernels, bias = example(kernel_size, 2, "float64", size=(8, 7))
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        d_y = np.random.default_rng(0).normal(size=cnn.conv2d(images, kernels, bias, **options).shape)
        ours = learning.conv2d_backward(images, kernels, d_y, **options)
        for array, gradient in zip((images, kernels, bias), ours, strict=True):
            judged = learning.finite_differences(
                lambda: np.sum(cnn.conv2d(images, kernels, bias, **options) * d_y),  # noqa: B023
                array,
            )
            assert worst(gradient, judged) <= 1e-6


@given(st.integers(1, 40), st.integers(1, 7), st.sampled_from(SETTINGS), st.sampled_from(["valid", "same"]))
def test_output_size_is_that_of_keras(size, kernel_size, steps, padding):
    stride, dilation = steps
    if padding == "valid" and dilation * (kernel_size - 1) + 1 > size:
        return
    layer = keras.layers.Conv2D(1, (kernel_size, 1), (stride, stride), padding, dilation_rate=(dilation, dilation))
    expected = layer.compute_output_shape((None, size, 50, 1))[1]
    assert cnn.output_size(size, kernel_size, stride, padding, dilation) == expected


IMAGES, KERNELS = np.zeros((2, 6, 5, 3)), np.zeros((3, 3, 3, 4))
REFUSED = {
    "images without a batch": ((IMAGES[0], KERNELS), {}, r"images must be \(n, height, width, channels\) and"),
    "kernels without filters": ((IMAGES, KERNELS[..., 0]), {}, "kernels .*got the shapes"),
    "channels": ((IMAGES[..., :2], KERNELS), {}, "as many channels as the images, 2; got 3"),
    "larger than the image": ((IMAGES, np.zeros((3, 6, 3, 4))), {}, "spans 3x6 pixels must fit .* 6x5"),
    "larger by dilation": ((IMAGES, KERNELS), {"dilation": 3}, "spans 7x7"),
    "stride and dilation": ((IMAGES, KERNELS), {"stride": 2, "dilation": 2}, "must be 1, as in Keras; got 2 and 2"),
    "padding": ((IMAGES, KERNELS), {"padding": "full"}, "got 'full'"),
    "stride 0": ((IMAGES, KERNELS), {"stride": 0}, "at least 1"),
    "bytes": ((IMAGES.astype("uint8"), KERNELS), {}, "must hold floats; got uint8 and float64"),
    "bias": ((IMAGES, KERNELS, np.zeros(3)), {}, "bias must be one number, or one for each of the 4 filters"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_convolution_refuses_what_makes_no_sense(why):
    arguments, options, message = REFUSED[why]
    with pytest.raises(ValueError, match=message):
        cnn.conv2d(*arguments, **options)


def test_without_the_checks_a_grey_image_passes_through_filters_for_colour():
    assert cnn.conv2d_loops(IMAGES[..., :1], KERNELS).shape == (2, 4, 3, 4)


@pytest.mark.parametrize("dilation", [1, 2])
def test_a_moved_picture_has_moved_responses(dilation):
    images, kernels, bias = example(3, 2)
    responses = cnn.conv2d(images, kernels, bias, dilation=dilation)
    moved = cnn.conv2d(np.roll(images, (2, 3), axis=(1, 2)), kernels, bias, dilation=dilation)
    assert np.allclose(moved[:, 2:, 3:], responses[:, :-2, :-3])


def test_keras_refuses_stride_with_dilation_too():
    with pytest.raises(ValueError, match="dilation_rate"):
        keras.layers.Conv2D(1, 3, strides=2, dilation_rate=2)


def test_pooling_and_dense_refuse_what_makes_no_sense():
    with pytest.raises(ValueError, match="images must be"):
        cnn.max_pool2d(IMAGES[0])
    with pytest.raises(ValueError, match="must fit"):
        cnn.average_pool2d(IMAGES, 6)
    with pytest.raises(ValueError, match=r"weights \(inputs, outputs\); got the shapes \(2, 5\) and \(4, 3\)"):
        cnn.dense(np.zeros((2, 5)), np.zeros((4, 3)), np.zeros(3))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3, None])
def test_pooling_and_its_gradients_are_those_of_keras(size, stride):
    images = np.maximum(example(3, 3)[0], 0)  # many zeros, so that maxima are shared
    for ours, gradient, theirs in (
        (cnn.max_pool2d, learning.max_pool2d_backward, ops.max_pool),
        (cnn.average_pool2d, learning.average_pool2d_backward, ops.average_pool),
    ):
        x = tf.Variable(images)
        with tf.GradientTape() as tape:
            y = theirs(x, size, stride, padding="valid")
            d_y = np.random.default_rng(0).normal(size=y.shape).astype("float32")
            loss = ops.sum(y * d_y)
        assert worst(ours(images, size, stride), y) <= 1e-5
        assert worst(gradient(images, d_y, size, stride), tape.gradient(loss, x)) <= 1e-4
    assert worst(cnn.global_average_pool2d(images), keras.layers.GlobalAveragePooling2D()(images)) <= 1e-5


def test_dense_relu_and_softmax_cross_entropy_have_the_gradients_of_keras():
    rng = np.random.default_rng(0)
    x, w, b = (rng.normal(size=shape).astype("float32") for shape in ((6, 5, 2, 3), (30, 4), 4))
    labels = np.array([0, 3, 3, 1, 2, 0])
    variables = [tf.Variable(array) for array in (x, w, b)]
    layer = keras.layers.Dense(4)
    layer.build((6, 30))
    with tf.GradientTape() as tape:
        z = ops.matmul(keras.layers.Flatten()(variables[0]), variables[1]) + variables[2]
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, ops.relu(z))
    ours_z = cnn.dense(cnn.flatten(x), w, b)
    ours_loss, d_logits = learning.softmax_cross_entropy(losses.relu(ours_z), labels)
    ours = learning.dense_backward(cnn.flatten(x), w, learning.relu_backward(ours_z, d_logits))
    layer.set_weights([w, b])
    assert worst(ours_z, layer(cnn.flatten(x))) <= 1e-5 and ours_loss == pytest.approx(float(loss), rel=1e-5)
    for gradient, tapes in zip(ours, tape.gradient(loss, variables), strict=True):
        assert worst(gradient.reshape(tapes.shape), tapes) <= 1e-4


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.just(1)), max_size=4))
def test_receptive_field_is_what_moving_single_pixels_shows(steps):
    fields = cnn.receptive_field(steps)
    x = np.eye(300).reshape(300, 300, 1, 1)  # 300 images, each with one bright pixel in its only column
    for (kernel_size, stride, dilation), (width, jump) in zip(steps, fields, strict=True):
        x = cnn.conv2d(x, np.ones((kernel_size, 1, 1, 1)), stride=stride, dilation=dilation)
        touched = [np.flatnonzero(x[:, unit, 0, 0]) for unit in (0, 1)]
        assert touched[0][-1] - touched[0][0] + 1 == width
        assert touched[1][0] - touched[0][0] == jump


def test_published_formula_is_the_one_that_was_published():
    f, g = np.random.default_rng(0).normal(size=(2, 3, 3))
    literal = np.zeros((5, 5))
    for x, y, i, j in np.ndindex(5, 5, 3, 3):
        if 0 <= x - i < 3 and 0 <= y - j < 3:
            literal[x, y] += f[i, j] * g[x - i, y - j]
    assert np.allclose(cnn.published_formula(f, g), literal)


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=6), st.floats(-1e4, 1e4))
def test_softmax_adds_up_to_one_and_only_differences_count(logits, shift):
    logits = np.array(logits)
    probabilities = losses.softmax(logits)
    assert probabilities.sum() == pytest.approx(1) and (probabilities >= 0).all()
    assert np.allclose(losses.softmax(logits + shift), probabilities, atol=1e-8)
    assert np.allclose(probabilities, ops.softmax(tf.constant(logits)), atol=1e-8)


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=6))
def test_jacobian_of_softmax_is_that_of_the_tape(logits):
    at = tf.Variable(logits, dtype="float64")
    with tf.GradientTape() as tape:
        probabilities = tf.nn.softmax(at)
    ours = losses.softmax_jacobian(np.array(logits))
    assert np.allclose(ours, tape.jacobian(probabilities, at), atol=1e-9) and np.allclose(ours.sum(axis=0), 0)


def test_activations_are_those_of_keras_even_far_out():
    z = np.array([-1e4, -90, -1, -1e-3, 0, 1e-3, 1, 90, 1e4])
    for name, (function, derivative) in losses.ACTIVATIONS.items():
        at = tf.Variable(z)
        with tf.GradientTape() as tape:
            theirs = keras.activations.get(name.lower())(at)
        assert np.allclose(function(z), theirs, atol=1e-12), name
        assert np.allclose(derivative(z), tape.gradient(theirs, at), atol=1e-12), name


def test_gelu_and_silu_are_what_the_text_says():
    z = np.linspace(-6, 6, 241)
    assert np.allclose(keras.activations.gelu(tf.constant(z)), z * norm.cdf(z), atol=1e-7)
    assert np.allclose(keras.activations.silu(tf.constant(z)), z * losses.sigmoid(z), atol=1e-7)


@pytest.mark.parametrize("name", ["cross_entropy", "squared_error"])
def test_gradients_behind_a_two_class_softmax_are_those_of_the_tape(name):
    z = tf.Variable(np.linspace(-8, 8, 21))
    with tf.GradientTape() as tape:
        p = tf.sigmoid(z)
        loss = ops.sum({"cross_entropy": -ops.log(p), "squared_error": (1 - p) ** 2}[name])
    assert np.allclose(getattr(losses, f"{name}_gradient")(p.numpy()), tape.gradient(loss, z), atol=1e-12)


@given(st.integers(2, 5).flatmap(lambda k: st.tuples(st.just(k), st.lists(st.integers(0, k - 1), min_size=1))))
def test_f1_is_that_of_scikit_learn(case):
    n_classes, true = case
    predicted = np.roll(true, 1)
    macro, micro = losses.f1_scores(true, predicted, n_classes)
    options = {"labels": range(n_classes), "zero_division": 0}
    assert macro == pytest.approx(f1_score(true, predicted, average="macro", **options))
    assert micro == pytest.approx(f1_score(true, predicted, average="micro", **options))


@pytest.mark.parametrize(("name", "bound"), [("SGD", 1e-7), ("momentum", 1e-7), ("Adam", 1e-5)])
def test_optimisers_walk_in_step_with_keras(name, bound):
    """Adam's bound is wider: Keras rounds the powers of its betas to float32."""
    rule, _, fresh = learning.OPTIMISERS[name]
    optimizer = type(fresh).from_config(fresh.get_config() | {"learning_rate": 0.05})
    rng = np.random.default_rng(0)
    weight, memory = rng.normal(size=(4, 3)).astype("float32"), {}
    variable = keras.Variable(weight)
    for step in range(100):
        gradient = rng.normal(size=(4, 3)).astype("float32")
        weight = rule(weight, gradient, memory, 0.05)
        optimizer.apply([gradient], [variable])
        assert np.abs(weight - variable.numpy()).max() <= bound, step


def test_weights_stay_float32_while_training():
    rng = np.random.default_rng(0)
    weights = learning.initial_weights(0)
    history = learning.train(weights, rng.random((40, 28, 28, 1), "float32"), rng.integers(0, 10, 40), epochs=2)
    assert len(history) == 4 and {array.dtype for array in weights.values()} == {np.dtype("float32")}


def test_sliders_draw_any_setting(monkeypatch):
    monkeypatch.setattr(plotting, "show", lambda alt: None)  # it would close the figure before we look at it
    for kernel, stride, step in itertools.product(cnn.KERNELS, (1, 2, 3), (0, 5, 15)):
        cnn.explore(kernel, stride, step)
        picture, output = cnn.plt.gcf().axes
        places = {1: 16, 2: 4, 3: 4}[stride]  # 4x4, 2x2 and 2x2 numbers of output
        assert picture.get_title() == f"step {min(step, places - 1)}, stride {stride}"
        assert len(output.texts) == min(step, places - 1) + 1
        cnn.plt.close()
    losses.explore_temperature(0.1)
    assert max(bar.get_height() for bar in losses.plt.gca().patches) > 0.99
    losses.plt.close()
