"""Metrics against scikit-learn over random labels, intervals against theory, and every bad input."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as reference

from helpers import metrics

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40).map(
    lambda rows: np.array(rows).T
)


@given(pair=pairs)
def test_accuracy_and_confusion_matrix_equal_scikit_learns(pair):
    y_true, y_pred = pair
    assert metrics.accuracy(y_true, y_pred) == pytest.approx(reference.accuracy_score(y_true, y_pred))
    matrix = metrics.confusion_matrix(y_true, y_pred, n_classes=5)
    assert np.array_equal(matrix, reference.confusion_matrix(y_true, y_pred, labels=range(5)))
    assert np.trace(matrix) / matrix.sum() == pytest.approx(metrics.accuracy(y_true, y_pred))


@given(pair=pairs)
@settings(max_examples=20, deadline=None)
def test_interval_holds_the_metric_and_repeats_with_its_seed(pair):
    assume(len(pair[0]) > 1)
    low, high = metrics.bootstrap_interval(*pair, resamples=200)
    assert 0 <= low <= metrics.accuracy(*pair) <= high <= 1
    assert (low, high) == metrics.bootstrap_interval(*pair, resamples=200)


def test_interval_is_as_wide_as_the_binomial_says():
    y_true, y_pred = np.zeros(1000, int), np.repeat([0, 1], [900, 100])
    low, high = metrics.bootstrap_interval(y_true, y_pred, resamples=2000)
    half = 1.96 * np.sqrt(0.9 * 0.1 / 1000)
    assert low == pytest.approx(0.9 - half, abs=0.004) and high == pytest.approx(0.9 + half, abs=0.004)


def test_interval_takes_any_metric():
    y_true, y_pred = np.tile([0, 1], 50), np.zeros(100, int)
    low, high = metrics.bootstrap_interval(y_true, y_pred, metric=lambda t, p: np.mean(t == 1), resamples=200)
    assert low < 0.5 < high


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([0, 1], [0], "equally long; got 2 and 1"),
        ([], [], r"y_true must be .* not empty; got shape \(0,\)"),
        ([0, 1], [[0, 1]], r"y_pred must be a one-dimensional array .* got shape \(1, 2\)"),
        ([0.0, np.nan], [0, 1], "y_true must hold numbers without NaN"),
        ([0, 1], [0.2, 0.9], "y_pred must hold whole numbers"),
        (["cat"], ["dog"], "y_true must hold numbers"),
    ],
)
def test_bad_labels_are_named(y_true, y_pred, message):
    for call in (metrics.accuracy, metrics.bootstrap_interval):
        with pytest.raises(ValueError, match=message):
            call(y_true, y_pred)


@pytest.mark.parametrize(("y_true", "y_pred"), [([0, 3], [0, 1]), ([0, 1], [0, -1])])
def test_labels_outside_the_classes_are_named(y_true, y_pred):
    with pytest.raises(ValueError, match="must hold labels from 0 to 2; got"):
        metrics.confusion_matrix(y_true, y_pred, n_classes=3)


def test_interval_of_a_single_label_is_refused():
    with pytest.raises(ValueError, match="y_true must hold at least two labels"):
        metrics.bootstrap_interval([1], [1])


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12), st.floats(0.5, 0.99))
def test_half_width_is_scipys_t_interval(values, level):
    assume(np.std(values) > 1e-9)
    low, high = stats.t.interval(level, len(values) - 1, np.mean(values), stats.sem(values))
    assert metrics.half_width(values, level) == pytest.approx((high - low) / 2)


@pytest.mark.parametrize("values", [[0.5], [], [[0.1, 0.2], [0.3, 0.4]]])
def test_half_width_of_less_than_two_values_is_refused(values):
    with pytest.raises(ValueError, match="values must be a row of at least two numbers; got shape"):
        metrics.half_width(values)


def test_level_outside_zero_and_one_is_refused():
    calls = {metrics.bootstrap_interval: ([0], [0]), metrics.wilson_interval: (1, 2), metrics.half_width: ([0.1, 0.2],)}
    for call, arguments in calls.items():
        with pytest.raises(ValueError, match="level must lie between 0 and 1; got 95"):
            call(*arguments, level=95)


@pytest.mark.parametrize(("right", "count"), [(3, 2), (-1, 2), (0, 0), (0.5, 2), (np.nan, 2), (1, 2.5)])
def test_wilsons_interval_of_what_is_no_count_is_refused(right, count):
    with pytest.raises(ValueError, match=f"right must be a whole number from 0 to count.*got {right} of {count}"):
        metrics.wilson_interval(right, count)
