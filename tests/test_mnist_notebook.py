"""The definitions that notebook 03 shows, taken out of it and tested."""

import keras
import numpy as np
import pytest

from helpers import datasets, notebooks

notebook = notebooks.definitions("03")


def test_networks_have_the_layers_that_the_text_says():
    published = notebook.published_net()
    kinds = [type(layer).__name__ for layer in published.layers]
    assert kinds == ["Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert published.count_params() == 34826
    assert published.layers[-1].activation is keras.activations.softmax
    assert notebook.digit_net(16).count_params() < 34826
    assert notebook.digit_net(16).output_shape == (None, 10)


def test_published_network_without_softmax_returns_the_logarithms_of_its_probabilities():
    published, logits = notebook.published_net(8), notebook.published_net(8, softmax=False)
    logits.set_weights(published.get_weights())
    images = np.random.default_rng(0).random((5, 28, 28, 1)).astype("float32")
    assert np.allclose(keras.ops.softmax(logits(images)), published(images), atol=1e-6)


def test_each_step_of_the_ablation_changes_one_thing():
    kinds = lambda model: [type(layer).__name__ for layer in model.layers]  # noqa: E731
    narrow, normalised = notebook.published_net(8), notebook.digit_net(8, convolutions=2, dropout=0)
    kernels = lambda model: [layer.kernel.shape for layer in model.layers if hasattr(layer, "kernel")]  # noqa: E731
    assert kernels(narrow) == kernels(normalised) and kinds(normalised).count("BatchNormalization") == 2
    with_dropout = notebook.digit_net(8, convolutions=2)
    rates = [[layer.rate for layer in model.layers if hasattr(layer, "rate")] for model in (normalised, with_dropout)]
    assert rates == [[0], [0.3]] and kinds(normalised) == kinds(with_dropout)
    assert kinds(notebook.digit_net(8)).count("Conv2D") == 3


def test_models_are_compiled_with_a_constant_rate_or_one_cycle():
    for peak, rates in ((None, (0.001, 0.001)), (0.01, (0.01, 0.0))):
        model = notebook.published_net(2, softmax=False)
        notebook.compile_model(model, 100, peak=peak)
        for update, rate in zip((25, 100), rates, strict=True):
            model.optimizer.iterations.assign(update)
            assert float(model.optimizer.learning_rate) == pytest.approx(rate, abs=1e-9)


def test_repeated_trainings_depend_on_their_seed_alone():
    rng = np.random.default_rng(0)
    images, labels = rng.random((60, 28, 28, 1)).astype("float32"), np.arange(60) % 10
    data = (images, labels)
    model = notebook.compile_model(notebook.digit_net(2), 2, peak=0.01)
    first = notebook.repeat(model, data, data, [1, 2, 1], 1, augment=notebook.jitter)
    assert first.shape == (3,) and first[0] == first[2]


def test_learning_rate_rises_for_a_quarter_and_ends_at_zero():
    rates = [float(notebook.one_cycle(100, 0.01)(step)) for step in range(101)]
    assert np.argmax(rates) == 25 and max(rates) == pytest.approx(0.01) and rates[-1] == pytest.approx(0, abs=1e-9)


def test_jitter_repeats_with_its_seed_and_keeps_the_digit_in_place():
    images = np.zeros((64, 28, 28, 1), "float32")
    images[:, 12:16, 12:16] = 1
    moved = keras.ops.convert_to_numpy(notebook.jitter(images, 3))
    assert np.array_equal(moved, notebook.jitter(images, 3)) and not np.array_equal(moved, notebook.jitter(images, 4))
    rows, columns = np.indices((28, 28))
    mass = moved[..., 0].sum(axis=(1, 2))
    for axis in (rows, columns):
        centre = (moved[..., 0] * axis).sum(axis=(1, 2)) / mass
        assert np.all(np.abs(centre - 13.5) < 1.7) and centre.std() > 0.5
    assert moved.min() >= 0 and moved.max() <= 1


def test_jitter_without_shift_is_a_rotation_about_the_middle(monkeypatch):
    still = lambda *shape, **_: np.array([[0.0], [0.0], [0.0], [0.0]], "float32")  # noqa: E731
    monkeypatch.setattr(notebook.tf.random, "stateless_uniform", still)
    image = np.random.default_rng(0).random((1, 28, 28, 1)).astype("float32")
    assert np.allclose(notebook.jitter(image, 0), image, atol=1e-5)


def test_batches_hold_every_image_once_and_in_a_new_order_each_epoch():
    images, labels = np.zeros((10, 28, 28, 1), "float32"), np.arange(10)
    stream = notebook.batches(images, labels, 4, seed=0)
    first, second = (np.concatenate([y for _, y in stream]).argmax(axis=1).tolist() for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(10)) and first != second


def test_targets_are_one_hot_or_smoothed_as_keras_does_it():
    images, labels = np.zeros((10, 28, 28, 1), "float32"), np.arange(10)
    (_, hard), (_, soft) = (next(iter(notebook.batches(images, labels, 10, 0, smoothing=s))) for s in (0, 0.05))
    logits = np.random.default_rng(0).normal(size=(10, 10)).astype("float32")
    keras_loss, plain = (keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=s) for s in (0.05, 0))
    assert set(np.unique(hard)) == {0, 1} and np.allclose(keras_loss(hard, logits), plain(soft, logits))


def test_prepared_photos_look_like_mnist():
    photos = [notebook.draw(strokes) for strokes in notebook.STROKES.values()]
    for photo in [*photos, *(255 - photo for photo in photos)]:
        digit = notebook.prepare(photo)
        assert digit.shape == (28, 28, 1) and digit.dtype == np.float32 and digit.min() >= 0 and digit.max() <= 1
        ink = digit[..., 0] > 0
        assert (
            ink.any(axis=1).sum() <= 20
            and ink.any(axis=0).sum() <= 20
            and max(ink.any(axis=1).sum(), ink.any(axis=0).sum()) >= 19
        )
        centre = (digit[..., 0] * np.indices((28, 28))).sum(axis=(1, 2)) / digit.sum()
        assert np.all(np.abs(centre - 14) <= 0.75)


def test_prepare_changes_mnist_digits_little():
    digits = datasets.load_mnist("quick").test.images[:50, ..., 0]
    prepared = np.stack([notebook.prepare(digit) for digit in digits])[..., 0]
    overlap = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(digits, prepared, strict=True)]
    assert np.median(overlap) > 0.97


def test_photo_without_ink_is_refused():
    with pytest.raises(ValueError, match="There is no ink"):
        notebook.prepare(np.full((50, 40), 200, "uint8"))
