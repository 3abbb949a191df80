"""Figures that more than one notebook draws.

Each function draws on the Axes `ax`, or on a new figure, and returns `(figure, axes)`. Lines differ in style and marker
as well as in colour, and bars in hatching, so that figures can be read in grey and by colour-blind readers.
"""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from IPython.display import display

COLOURS = sns.color_palette("colorblind")
HATCHES = ("", "///", "...", "xxx")


def _axes(ax, figsize):
    return (ax.get_figure(), ax) if ax is not None else plt.subplots(figsize=figsize, layout="constrained")


def show(alt):
    """Show the current figure; `alt` is a sentence for those who cannot see it. Raises ValueError if it is empty."""
    if not alt.strip():
        raise ValueError("alt must say in a sentence what the figure shows; got an empty text.")
    figure = plt.gcf()
    display(figure, metadata={"image/png": {"alt": alt}})
    plt.close(figure)  # else it would be drawn again when the cell ends


def show_images(images, titles=None, columns=8, ax=None):
    """Draw images side by side as one picture, `columns` in a row, each with an optional title above it.

    Parameters
    ----------
    images : array of shape (n, height, width, 1 or 3)
        Grey or colour; uint8 from 0 to 255, or floats from 0 to 1.
    titles : sequence of n texts, optional

    Raises ValueError for no images, another shape, and another number of titles than of images.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images):
        raise ValueError(f"images must have the shape (n, height, width, 1 or 3) with n > 0; got {images.shape}.")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"titles must have one entry for each of the {len(images)} images; got {len(titles)}.")
    count, height, width, channels = images.shape
    white = 1.0 if np.issubdtype(images.dtype, np.floating) else 255
    columns, rows = min(columns, count), -(-count // min(columns, count))
    tile = width + max(1, width // 12)
    line = height + max(1, height // 12) + (height // 3 if titles is not None else 0)
    picture = np.full((rows * line, columns * tile, channels), white, images.dtype)
    figure, ax = _axes(ax, (columns * 1.15, rows * 1.15 * line / tile))
    for index, image in enumerate(images):
        bottom, left = (index // columns + 1) * line, index % columns * tile
        picture[bottom - height : bottom, left : left + width] = image
        if titles is not None:
            ax.text(left + width / 2, bottom - height - 1, str(titles[index]), ha="center", va="bottom", fontsize=9)
    ax.imshow(picture, cmap="gray", vmin=0, vmax=white, interpolation="nearest")
    ax.set_axis_off()
    return figure, ax


def learning_curves(history, metric="loss", ax=None):
    """Draw `metric` over the epochs: training as a solid line, validation, if there is one, as a dashed one.

    `history` is what `Model.fit` returns as `History.history`. Raises ValueError if it has no such metric.
    """
    if metric not in history:
        raise ValueError(f"history has no {metric!r}; it has {', '.join(sorted(history))}.")
    figure, ax = _axes(ax, (6, 3.5))
    epochs = np.arange(1, len(history[metric]) + 1)
    ax.plot(epochs, history[metric], "o-", color=COLOURS[0], label="training")
    if "val_" + metric in history:
        ax.plot(epochs, history["val_" + metric], "s--", color=COLOURS[1], label="validation")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel="epoch", ylabel=metric.replace("_", " "))
    ax.legend()
    return figure, ax


def confusion_matrix(matrix, classes, normalize=None, ax=None):
    """Draw true (rows) against predicted (columns) classes, coloured by the numbers that it shows.

    Parameters
    ----------
    matrix : array of int, shape (k, k)
        What `metrics.confusion_matrix` returns.
    classes : sequence of k names
    normalize : {None, "true", "pred"}
        None: counts. "true": shares of each row, recall on the diagonal. "pred": of each column, precision there.

    Raises ValueError if matrix and classes do not fit together, and for another `normalize`.
    """
    matrix = np.asarray(matrix)
    if matrix.shape != (len(classes), len(classes)):
        raise ValueError(f"matrix must be {len(classes)} by {len(classes)}, as there are classes; got {matrix.shape}.")
    if normalize not in (None, "true", "pred"):
        raise ValueError(f"normalize must be None, 'true' or 'pred'; got {normalize!r}.")
    figure, ax = _axes(ax, (0.55 * len(classes) + 2, 0.5 * len(classes) + 1.3))
    shown, fmt, label, top = matrix, "d", "images", None
    if normalize is not None:
        axis, name = {"true": (1, "true"), "pred": (0, "predicted")}[normalize]
        shown = matrix / np.maximum(matrix.sum(axis=axis, keepdims=True), 1)
        fmt, label, top = ".0%", f"share of the {name} class", 1
    sns.heatmap(
        shown, annot=True, fmt=fmt, cmap="Blues", vmin=0, vmax=top, ax=ax, linewidths=0.5, linecolor="white",
        cbar_kws={"label": label}, xticklabels=classes, yticklabels=classes,
    )  # fmt: skip
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.tick_params(axis="y", rotation=0)
    ax.tick_params(axis="x", rotation=90 if max(map(len, classes)) > 6 else 0)
    return figure, ax


def class_balance(splits, classes, ax=None):
    """Draw how many images of each class each split has.

    `splits` holds arrays of labels by the name of the split; label k means `classes[k]`. Raises ValueError for a label
    without a name.
    """
    figure, ax = _axes(ax, (0.6 * len(classes) + 2, 3))
    width = 0.8 / len(splits)
    for index, (name, labels) in enumerate(splits.items()):
        counts = np.bincount(labels, minlength=len(classes))
        if len(counts) > len(classes):
            raise ValueError(f"{name!r} has the label {len(counts) - 1}, but there are {len(classes)} classes.")
        at = np.arange(len(classes)) + (index - (len(splits) - 1) / 2) * width
        ax.bar(at, counts, width, label=name, color=COLOURS[index], hatch=HATCHES[index % 4], edgecolor="white")
    ax.set_xticks(np.arange(len(classes)), classes)
    ax.set(xlabel="class", ylabel="images")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))  # beside the bars, not over them
    return figure, ax
