"""Judge predictions: scikit-learn's metrics behind checked arguments, and intervals."""

import numpy as np
from scipy import stats
from sklearn import metrics


def _checked(y_true, y_pred, n_classes=None):
    """Return both label arrays as integers, or raise a ValueError that names the argument and what was got."""
    arrays = {"y_true": np.asarray(y_true), "y_pred": np.asarray(y_pred)}
    for name, labels in arrays.items():
        if labels.ndim != 1 or not labels.size:
            raise ValueError(f"{name} must be a one-dimensional array of labels, not empty; got shape {labels.shape}.")
        if not np.issubdtype(labels.dtype, np.number) or not np.isfinite(labels).all():
            raise ValueError(f"{name} must hold numbers without NaN or infinity; got {labels[:3]} ...")
        if (labels != labels.astype(int)).any():
            raise ValueError(f"{name} must hold whole numbers, one label an image; got {labels[:3]} ...")
        low, high = labels.min(), labels.max()
        if n_classes is not None and not 0 <= low <= high < n_classes:
            raise ValueError(f"{name} must hold labels from 0 to {n_classes - 1}; got {low} to {high}.")
    if len(arrays["y_true"]) != len(arrays["y_pred"]):
        raise ValueError(f"y_true and y_pred must be equally long; got {len(y_true)} and {len(y_pred)}.")
    return [labels.astype(int) for labels in arrays.values()]


def _check_level(level):
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; got {level}.")


def accuracy(y_true, y_pred):
    """Return the share, from 0 to 1, of labels in `y_pred` that equal `y_true`; both int of shape (n,).

    Raises ValueError for different lengths, empty arrays, NaN, and labels that are not whole numbers.
    """
    return float(metrics.accuracy_score(*_checked(y_true, y_pred)))


def confusion_matrix(y_true, y_pred, n_classes):
    """Return counts, int of shape (n_classes, n_classes): true classes in rows, predicted ones in columns.

    Raises ValueError as `accuracy`, and for a label outside 0 .. n_classes - 1.
    """
    return metrics.confusion_matrix(*_checked(y_true, y_pred, n_classes), labels=np.arange(n_classes))


def wilson_interval(right, count, level=0.95):
    """Return (low, high), Wilson's interval for a share of which `right` of `count` images are a sample.

    It holds the shares p for which `right` lies within z standard deviations of p * count (E. B. Wilson, 1927;
    `scipy.stats.binomtest`). Raises ValueError for a `right` outside 0 .. count, or a level outside (0, 1).
    """
    if not (isinstance(right, int | np.integer) and isinstance(count, int | np.integer) and 0 <= right <= count > 0):
        raise ValueError(f"right must be a whole number from 0 to count, and count > 0; got {right} of {count}.")
    _check_level(level)
    interval = stats.binomtest(int(right), int(count)).proportion_ci(level, method="wilson")
    return float(interval.low), float(interval.high)


def half_width(values, level=0.95):
    """Return half the width of the t confidence interval of the mean of `values`, float of shape (n,) with n >= 2.

    It is t * s / sqrt(n), with the standard deviation s (divided by n - 1) and the quantile t of Student's distribution
    with n - 1 degrees of freedom. Raises ValueError for fewer than two values, or a level outside (0, 1).
    """
    _check_level(level)
    if np.ndim(values) != 1 or len(values) < 2:
        raise ValueError(f"values must be a row of at least two numbers; got shape {np.shape(values)}.")
    return float(stats.t.ppf((1 + level) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))


def bootstrap_interval(y_true, y_pred, metric=metrics.accuracy_score, level=0.95, resamples=1000, seed=0):
    """Return (low, high), the percentile bootstrap interval of a metric: how far chance in the test set reaches.

    The test images are drawn again, with replacement, `resamples` times; the interval holds the middle `level` of the
    values (`scipy.stats.bootstrap`; B. Efron, R. Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13).

    Parameters
    ----------
    y_true, y_pred : array of int, shape (n,)
    metric : callable that takes `(y_true, y_pred)` and returns a float
    level : float between 0 and 1
    resamples, seed : int

    Raises ValueError as `accuracy`, and for a level outside (0, 1).
    """
    _check_level(level)
    labels = _checked(y_true, y_pred)
    if len(labels[0]) < 2:
        raise ValueError(f"y_true must hold at least two labels to draw from; got {len(labels[0])}.")
    result = stats.bootstrap(
        labels, metric, paired=True, vectorized=False, n_resamples=resamples,
        confidence_level=level, method="percentile", rng=seed,
    )  # fmt: skip
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
