"""The definitions that notebooks 08 to 08d show, against scikit-learn, SciPy and examples worked by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import calibration
from sklearn import metrics as reference

from helpers import datasets, metrics, notebooks, training

counts, confident, mistakes, museum = (notebooks.definitions(number) for number in ("08", "08b", "08c", "08d"))
quiet = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")

seeds = st.integers(0, 2**32 - 1)


@st.composite
def labelled(draw, most=12):
    """Labels, answers and the number of classes: with empty classes, and often with a single one."""
    k = draw(st.integers(1, most))
    used = draw(st.lists(st.integers(0, k - 1), min_size=1, max_size=k, unique=True))
    rows = draw(st.lists(st.tuples(st.sampled_from(used), st.integers(0, k - 1)), min_size=1, max_size=50))
    return *np.array(rows).T, k


@st.composite
def scored(draw):
    """Which images are positive (all, none or some), with scores of which many are equal."""
    n = draw(st.integers(1, 40))
    truth = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    levels = draw(st.integers(1, 20))
    scores = np.array(draw(st.lists(st.integers(0, levels), min_size=n, max_size=n))) / levels
    return truth, scores


@quiet
@given(labelled(most=2))
def test_two_class_scores_equal_scikit_learns(case):
    truth, said = (np.asarray(labels) == 1 for labels in case[:2])
    found = counts.two_class_scores(*counts.four_counts(truth, said))
    expected = {
        "accuracy": reference.accuracy_score(truth, said),
        "precision": reference.precision_score(truth, said, zero_division=0),
        "recall": reference.recall_score(truth, said, zero_division=0),
        "specificity": reference.recall_score(~truth, ~said, zero_division=0),
        "F1": reference.f1_score(truth, said, zero_division=0),
    }
    assert found == pytest.approx(expected, abs=1e-12)
    assert sum(counts.four_counts(truth, said)) == len(truth)


@quiet
@given(labelled())
def test_scores_of_many_classes_and_their_means_equal_scikit_learns(case):
    y_true, y_pred, k = case
    found = counts.scores_from(metrics.confusion_matrix(y_true, y_pred, k))
    options = {"labels": np.arange(k), "zero_division": 0}
    for mean in (None, "macro", "weighted", "micro"):
        *expected, _ = reference.precision_recall_fscore_support(y_true, y_pred, average=mean, **options)
        assert np.allclose(found[mean or "each"], expected, atol=1e-12), mean


@quiet
@given(scored(), st.none() | seeds)
def test_curves_and_areas_equal_scikit_learns(case, seed):
    truth, scores = case
    weights = None if seed is None else np.random.default_rng(seed).uniform(0.1, 10, len(truth))
    alarms, recall, area = counts.roc(truth, scores, weights)
    expected = reference.roc_curve(truth, scores, sample_weight=weights, drop_intermediate=False)
    assert np.allclose(alarms, expected[0], equal_nan=True) and np.allclose(recall, expected[1], equal_nan=True)
    if truth.any() and not truth.all():
        assert area == pytest.approx(reference.roc_auc_score(truth, scores, sample_weight=weights))
    else:
        assert np.isnan(area), "without both classes there is no area"
    precision, found, average = counts.precision_recall(truth, scores, weights)
    assert average == pytest.approx(reference.average_precision_score(truth, scores, sample_weight=weights))
    if truth.any():
        theirs = reference.precision_recall_curve(truth, scores, sample_weight=weights)
        assert np.allclose(precision, theirs[0][-2::-1]) and np.allclose(found, theirs[1][-2::-1])


@given(st.integers(1, 500), st.floats(0, 1), st.floats(0.5, 0.999))
def test_wilsons_interval_is_scipys_and_holds_what_was_measured(n, share, level):
    right = round(share * n)
    low, high = metrics.wilson_interval(right, n, level)
    assert np.allclose((low, high), counts.wilson(right / n, n, level), atol=1e-12)
    assert 0 <= low <= right / n <= high <= 1


def test_wilsons_interval_of_a_published_example():
    # R. Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I: 81 of 263 and 0 of 20
    assert metrics.wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert metrics.wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


@pytest.mark.parametrize("n", [50, 500])
@pytest.mark.parametrize("accuracy", [0.6, 0.9, 0.98])
def test_wilsons_intervals_keep_their_promise(accuracy, n):
    right = np.random.default_rng(0).binomial(n, accuracy, 1000)
    inside = [low <= accuracy <= high for low, high in (metrics.wilson_interval(k, n, 0.9) for k in right)]
    exact = counts.coverage(counts.wilson, accuracy, n)
    assert np.mean(inside) == pytest.approx(exact, abs=0.03)
    assert 0.85 < exact < 0.96


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_mcnemars_test_is_a_fair_coin_on_the_images_that_differ(pairs):
    first, second = np.array(pairs).T
    b, c, p_value = counts.mcnemar(first, second)
    assert b - c == first.sum() - second.sum()
    assert p_value == pytest.approx(min(1, 2 * stats.binom.cdf(min(b, c), b + c, 0.5)))
    assert counts.mcnemar(second, first) == (c, b, pytest.approx(p_value))


@settings(deadline=None)
@given(st.floats(0.01, 0.05), st.floats(0.06, 0.4))
def test_as_many_images_as_the_formula_says_give_the_power(delta, disagree):
    n = counts.images_needed(delta, disagree)
    assert n > counts.images_needed(delta, disagree, power=0.7)
    assert counts.simulated_power(delta, disagree, n, np.random.default_rng(0)) == pytest.approx(0.8, abs=0.08)
    assert counts.images_needed(delta / 2, disagree) == pytest.approx(4 * n, rel=0.12)


@given(scored(), st.integers(1, 30))
def test_bins_equal_scikit_learns_and_the_error_is_their_weighted_distance(case, bins):
    right, confidence = case
    count, mean, accuracy = confident.by_bin(confidence, right, bins)
    theirs, their_mean = calibration.calibration_curve(right, confidence, n_bins=bins)
    assert np.allclose(accuracy, theirs) and np.allclose(mean, their_mean) and count.sum() == len(right)
    error = confident.calibration_error(confidence, right, bins)
    assert error == pytest.approx(np.average(np.abs(theirs - their_mean), weights=count))
    assert abs(confidence.mean() - right.mean()) - 1e-12 <= error <= 1, "bins can only add to the total gap"
    assert confident.calibration_error(confidence, right, 1) == pytest.approx(abs(confidence.mean() - right.mean()))


def test_calibration_error_of_answers_that_are_as_sure_as_they_are_right():
    confidence, right = np.full(10, 0.7), np.arange(10) < 7
    assert confident.calibration_error(confidence, right) == pytest.approx(0, abs=1e-12)
    assert confident.ece_if_calibrated(confidence, np.random.default_rng(0)).mean() > 0.05


@st.composite
def logits_and_labels(draw):
    n, k, rng = draw(st.integers(20, 80)), draw(st.integers(2, 8)), np.random.default_rng(draw(seeds))
    logits = rng.normal(size=(n, k)) * draw(st.floats(0.2, 6))
    labels = np.where(rng.random(n) < 0.7, logits.argmax(axis=1), rng.integers(0, k, n))
    return logits, labels


@settings(deadline=None)
@given(logits_and_labels())
def test_softmax_and_cross_entropy_equal_kerass(case):
    logits, labels = case
    for temperature in (0.3, 1.0, 4.0):
        theirs = keras.ops.convert_to_numpy(keras.ops.softmax(logits / temperature))
        assert np.allclose(confident.softmax(logits, temperature), theirs, atol=1e-6)
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits / temperature, from_logits=True)
        loss = float(keras.ops.mean(losses))
        assert confident.cross_entropy(logits, labels, temperature) == pytest.approx(loss, rel=1e-4, abs=1e-5)


@given(logits_and_labels())
def test_no_temperature_is_better_than_the_fitted_one_and_none_changes_a_decision(case):
    logits, labels = case
    best = confident.fit_temperature(logits, labels)
    lowest = confident.cross_entropy(logits, labels, best)
    for other in np.geomspace(0.05, 20, 40):
        assert lowest <= confident.cross_entropy(logits, labels, other) + 1e-6
        assert np.array_equal(confident.softmax(logits, other).argmax(axis=1), logits.argmax(axis=1))


def test_temperature_is_found_again():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20000, 5)) * 2
    labels = (confident.softmax(logits).cumsum(axis=1) < rng.random((20000, 1))).sum(axis=1)
    for temperature in (0.25, 1.0, 3.0):
        assert confident.fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


@settings(deadline=None)
@given(logits_and_labels(), st.integers(2, 6))
def test_an_ensemble_has_no_more_confidence_and_no_more_cross_entropy_than_its_members_on_average(case, members):
    logits, labels = case
    noise = np.random.default_rng(0).normal(size=(members, *logits.shape))
    p = np.stack([confident.softmax(logits + each) for each in noise])
    assert np.all(p.mean(axis=0).max(axis=1) <= p.max(axis=2).mean(axis=0) + 1e-12)
    mean_loss = np.mean([confident.cross_entropy(np.log(each), labels) for each in p])
    assert confident.cross_entropy(np.log(p.mean(axis=0)), labels) <= mean_loss + 1e-9
    assert counts.ensemble_accuracy(p[:1], labels) == metrics.accuracy(labels, p[0].argmax(axis=1))


def test_an_ensemble_outvotes_a_member_that_is_alone():
    p = np.array([[[0.6, 0.4]], [[0.1, 0.9]], [[0.45, 0.55]]])
    assert counts.ensemble_accuracy(p, [1]) == 1 and counts.ensemble_accuracy(p[:1], [1]) == 0


def test_the_compiled_schedule_is_the_cosine_of_notebook_05():
    model = training.small_net()
    confident.compile_model(model, updates=40)
    schedule = model.optimizer._learning_rate
    for step in (0, 1, 20, 39, 40):
        assert float(schedule(step)) == pytest.approx(training.cosine_decay(step / 40), abs=1e-8)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.05, 0.99))
def test_conformal_quantile_is_the_place_that_the_formula_names(scores, level):
    scores = np.array(scores)
    limit = confident.conformal_quantile(scores, level)
    enough = np.sum(scores <= limit) >= (len(scores) + 1) * level - 1e-6
    assert enough if np.isfinite(limit) else (len(scores) + 1) * level > len(scores)
    if np.isfinite(limit):
        assert np.sum(scores < limit) < (len(scores) + 1) * level, "no smaller score would do"


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_prediction_sets_hold_the_true_class_as_often_as_asked_whatever_the_network(level):
    rng = np.random.default_rng(0)
    held = []
    for _ in range(400):  # a network that knows little, and is far too sure
        p = confident.softmax(rng.normal(size=(400, 6)) * 5)
        labels = np.where(rng.random(400) < 0.4, p.argmax(axis=1), rng.integers(0, 6, 400))
        scores = confident.nonconformity_scores(p, labels)
        quantile = confident.conformal_quantile(scores[:199], level)
        sets = confident.prediction_sets(p[199:], quantile)
        held.append(sets[np.arange(201), labels[199:]].mean())
    assert np.mean(held) == pytest.approx(np.ceil(200 * level) / 200, abs=0.006)


@given(scored(), st.floats(0.3, 1))
def test_selective_classification_keeps_its_word_on_the_images_that_chose_the_threshold(case, wanted):
    right, confidence = case
    share, risk = confident.risk_coverage(confidence, right)
    assert share[-1] == 1 and risk[-1] == pytest.approx(1 - right.mean())
    assert risk[0] == 1 - right[confidence.argmax()], "the most confident answer comes first"
    threshold = confident.threshold_for(confidence, right, wanted)
    answered = confidence >= threshold
    assert not answered.any() or right[answered].mean() >= wanted
    lower = [right[confidence >= at].mean() for at in confidence[confidence < threshold]]
    assert all(accuracy < wanted for accuracy in lower), "a lower threshold would have done"


def test_exactly_the_wanted_share_is_enough_to_answer():
    confidence, right = np.array([0.9, 0.8, 0.7]), np.array([True, False, False])
    assert confident.threshold_for(confidence, right, 0.5) == 0.8
    assert confident.threshold_for(confidence, ~right, 1.0) == np.inf, "the surest answer is wrong: never answer"


@given(st.lists(st.integers(0, 9), min_size=12, max_size=40), seeds)
def test_thirds_are_in_order_within_each_class_and_equal_values_stay_together(values, seed):
    values, labels = np.array(values), np.random.default_rng(seed).integers(0, 3, len(values))
    group = mistakes.thirds_within(values, labels)
    assert set(group) <= {0, 1, 2}
    for k in np.unique(labels):
        order = np.argsort(values[labels == k], kind="stable")
        assert np.all(np.diff(group[labels == k][order]) >= 0)
        assert all(len(set(group[labels == k][values[labels == k] == v])) == 1 for v in values[labels == k])
        distinct = np.unique(values[labels == k]).size == order.size
        assert not distinct or np.ptp(np.bincount(group[labels == k], minlength=3)) <= max(1, order.size % 3)


@given(st.integers(0, 27), st.integers(0, 27), st.integers(1, 28), st.integers(1, 28))
def test_extent_is_the_size_of_a_rectangle(top, left, height, width):
    image = np.zeros((1, 28, 28, 1), "float32")
    image[0, top : top + height, left : left + width] = 1
    assert mistakes.extent(image, axis=1) == min(width, 28 - left)
    assert mistakes.extent(image, axis=2) == min(height, 28 - top)


@pytest.mark.parametrize("name", ["rotated", "noisy", "blurred", "darker", "inverted"])
def test_corruptions_begin_with_the_image_and_grow(name):
    corrupt = mistakes.CORRUPTIONS[name]
    rows, columns = np.indices((28, 28))
    disk = (np.hypot(rows - 10, columns - 16) < 6).astype("float32")[None, ..., None]
    results = [corrupt(disk, severity) for severity in mistakes.SEVERITIES]
    assert np.allclose(results[0], disk, atol=1e-6)
    assert all(result.shape == disk.shape and -1e-6 <= result.min() <= result.max() <= 1 + 1e-6 for result in results)
    changes = [np.abs(result - disk).mean() for result in results]
    assert changes[0] < changes[1] < changes[2] < changes[-1]
    whole = {"inverted": 1 - disk, "darker": 0.1 * disk}
    assert name not in whole or np.allclose(results[-1], whole[name], atol=1e-6)


def test_maps_of_a_network_that_adds_up_are_what_each_place_adds():
    rng = np.random.default_rng(0)
    maps, weights = rng.random((3, 7, 7, 2)).astype("float32"), rng.normal(size=(98, 10)).astype("float32")
    head = keras.Sequential([keras.Input((7, 7, 2)), keras.layers.Flatten(), keras.layers.Dense(10)])
    head.set_weights([weights, np.zeros(10, "float32")])
    mistakes.backbone, mistakes.head = lambda images: keras.ops.convert_to_tensor(images), head
    found = mistakes.cam(maps, [0, 7, 3], by_place=True)
    averaged = mistakes.cam(maps, [0, 7, 3], by_place=False)
    for k, output in enumerate((0, 7, 3)):
        of_output = weights[:, output].reshape(7, 7, 2)
        assert np.allclose(found[k], np.sum(maps[k] * of_output, axis=-1), atol=1e-5)
        assert np.allclose(averaged[k], np.sum(maps[k] * of_output.mean(axis=(0, 1)), axis=-1), atol=1e-5)
        assert found[k].sum() == pytest.approx(head(maps)[k, output].numpy(), abs=1e-4), "they add up to the logit"


def test_blanking_takes_the_places_with_the_highest_scores():
    scores = np.random.default_rng(0).random((4, 7, 7))
    kept = mistakes.blank(np.ones((4, 28, 28, 1), "float32"), scores, count=5)[..., 0]
    limits = np.sort(scores.reshape(4, 49))[:, -5]
    chosen = scores >= limits[:, None, None]
    assert np.array_equal(kept[:, 1::4, 1::4] == 0, chosen) and np.array_equal(kept[:, 3::4, 3::4] == 0, chosen)
    assert np.array_equal(kept[:, 4::4, 4::4] == 0, chosen[:, :-1, :-1]), "pixel 4 belongs to place 0"
    one = mistakes.blank(np.ones((1, 28, 28, 1), "float32"), np.eye(49)[24].reshape(1, 7, 7), count=1)
    rows, columns = np.nonzero(one[0, :, :, 0] == 0)
    assert (rows.min(), rows.max(), columns.min(), columns.max(), rows.size) == (13, 16, 13, 16, 16)


def test_cards_hold_what_they_were_given():
    facts = {"test accuracy": "94.2% (95% interval 92.6% to 95.5%)", "worst class": "2, 90.5%"}
    text = mistakes.card("Model card: a network", {"For": "teaching.", "Not for": "post codes."}, facts)
    assert text.startswith("# Model card: a network\n\n- **For** teaching.\n- **Not for** post codes.\n\n| measure |")
    assert all(f"| {name} | {value} |" in text for name, value in facts.items())
    digits = datasets.load_mnist()
    assert mistakes.shared_images([digits.train, digits.val, digits.test]) == 0
    assert mistakes.shared_images([digits.train, digits.test, digits.train, digits.train]) == len(digits.train.labels)


def test_the_range_check_refuses_all_but_pixels_from_zero_to_one():
    images = datasets.load_mnist().test.images[:20] / np.float32(255)
    assert museum.checked(images) is images
    for wrong in (images / 255, images * 255, images - 0.5, images * np.nan):
        with pytest.raises(ValueError, match="expected pixels from 0 to 1, got"):
            museum.checked(wrong)


def test_near_duplicates_are_found_though_they_moved_and_other_digits_are_not():
    images = datasets.load_mnist().train.images[:60] / np.float32(255)
    copies = training.crop(images, np.random.default_rng(0), edge=1)
    assert museum.share_with_duplicate(images, copies) > 0.9
    assert museum.share_with_duplicate(images[:30], images[30:]) == 0


def test_a_batch_that_is_cut_before_shuffling_holds_one_class():
    labels = np.repeat(np.eye(10, dtype="float32"), 100, axis=0)
    files = tf.data.Dataset.from_tensor_slices((labels, labels))
    assert museum.classes_per_batch(files.batch(50).shuffle(20, seed=0)) == 1
    assert museum.classes_per_batch(files.shuffle(1000, seed=0).batch(50)) > 9
