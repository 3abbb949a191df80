"""The figures show what they were given, on the axes they were given, with labels."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plotting


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


DRAWINGS = {
    "show_images": lambda ax: plotting.show_images(np.zeros((3, 4, 4, 1)), ax=ax),
    "learning_curves": lambda ax: plotting.learning_curves({"loss": [2, 1], "val_loss": [2, 2]}, ax=ax),
    "confusion_matrix": lambda ax: plotting.confusion_matrix([[3, 1], [0, 2]], ["cat", "dog"], ax=ax),
    "class_balance": lambda ax: plotting.class_balance({"train": [0, 0, 1]}, ["cat", "dog"], ax=ax),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_figures_use_the_axes_given_or_make_new_ones(draw):
    figure, ax = plt.subplots()
    assert draw(ax) == (figure, ax)
    new_figure, new_ax = draw(None)
    assert new_figure is not figure and new_ax.get_figure() is new_figure


@pytest.mark.parametrize("name", ["learning_curves", "confusion_matrix", "class_balance"])
def test_axes_are_labelled(name):
    _, ax = DRAWINGS[name](None)
    assert ax.get_xlabel() and ax.get_ylabel()


def test_images_stand_in_reading_order_with_their_titles():
    images = np.zeros((3, 4, 4, 1), "uint8")
    images += np.array([10, 20, 30], "uint8")[:, None, None, None]
    _, ax = plotting.show_images(images, ["a", "b", "c"], columns=2)
    picture = ax.images[0].get_array()
    below = [(int(text.get_position()[0]), int(text.get_position()[1]) + 3) for text in ax.texts]
    assert [picture[y, x] for x, y in below] == [10, 20, 30]
    assert below[0][1] == below[1][1] < below[2][1] and below[0][0] == below[2][0] < below[1][0]
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c"]


def test_curves_tell_training_and_validation_apart_without_colour():
    _, ax = plotting.learning_curves({"loss": [3, 2, 1], "val_loss": [3, 2, 2]})
    training, validation = ax.get_lines()
    assert training.get_ydata().tolist() == [3, 2, 1] and validation.get_ydata().tolist() == [3, 2, 2]
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_marker() != validation.get_marker()


@pytest.mark.parametrize(
    ("normalize", "texts", "values"),
    [
        (None, ["30", "10", "0", "0"], [30, 10, 0, 0]),
        ("true", ["75%", "25%", "0%", "0%"], [0.75, 0.25, 0, 0]),
        ("pred", ["100%", "100%", "0%", "0%"], [1, 1, 0, 0]),
    ],
)
def test_confusion_matrix_is_coloured_by_the_numbers_that_it_shows(normalize, texts, values):
    _, ax = plotting.confusion_matrix([[30, 10], [0, 0]], ["cat", "dog"], normalize)
    assert [text.get_text() for text in ax.texts] == texts
    assert np.allclose(ax.collections[0].get_array().ravel(), values)


def test_balance_bars_are_the_counts():
    _, ax = plotting.class_balance({"train": [0, 0, 1], "test": [1]}, ["cat", "dog"])
    assert [[bar.get_height() for bar in bars] for bars in ax.containers] == [[2, 1], [0, 1]]
    assert ax.containers[0][0].get_hatch() != ax.containers[1][0].get_hatch()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.show_images(np.zeros((2, 4, 4))), r"shape \(n, height, width, 1 or 3\).*got \(2, 4, 4\)"),
        (lambda: plotting.show_images(np.zeros((0, 4, 4, 1))), "n > 0"),
        (lambda: plotting.show_images(np.zeros((2, 4, 4, 1)), ["one"]), "each of the 2 images; got 1"),
        (lambda: plotting.learning_curves({"loss": [1]}, "accuracy"), "no 'accuracy'; it has loss"),
        (lambda: plotting.confusion_matrix(np.eye(3, dtype=int), ["a", "b"]), r"2 by 2.*got \(3, 3\)"),
        (lambda: plotting.confusion_matrix(np.eye(2), ["a", "b"], "all"), "None, 'true' or 'pred'; got 'all'"),
        (lambda: plotting.class_balance({"train": [0, 2]}, ["a", "b"]), "'train' has the label 2, but there are 2"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_show_stores_the_alternative_and_closes_the_figure(monkeypatch):
    shown = []
    monkeypatch.setattr(plotting, "display", lambda figure, metadata: shown.append((figure, metadata)))
    figure, _ = plotting.learning_curves({"loss": [2.0, 1.0]})
    plotting.show("The loss falls.")
    assert shown == [(figure, {"image/png": {"alt": "The loss falls."}})]
    assert not plotting.plt.get_fignums()
    with pytest.raises(ValueError, match="alt must say in a sentence"):
        plotting.show(" ")
