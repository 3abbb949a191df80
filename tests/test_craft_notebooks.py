"""The definitions that notebooks 05 and 05b show, taken out of them and tested."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import datasets, run

craft, rates = run.definitions("05"), run.definitions("05b")


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 30), st.integers(0, 9))
def test_batches_show_every_image_once_before_any_again(count, size, updates, seed):
    size = min(size, count)
    found = list(craft.batches(count, size, updates, np.random.default_rng(seed)))
    assert len(found) == updates and all(len(batch) == size for batch in found)
    shown = np.concatenate([*found, []])[: count * (updates * size // count)]
    assert all(sorted(epoch) == list(range(count)) for epoch in shown.reshape(-1, count))


def test_splits_are_disjoint_and_labels_stay_with_their_images():
    animals = datasets.load_silhouettes()
    parts = craft.split_problem(animals, 3)
    assert [len(labels) for _, labels in parts] == [7000, 300, 1200]
    rows = [{image.tobytes() for image in images} for images, _ in parts]
    assert not (rows[0] & rows[1] or rows[0] & rows[2] or rows[1] & rows[2])
    known = dict(zip((i.tobytes() for i in animals.val.images / np.float32(255)), animals.val.labels, strict=True))
    assert all(known[image.tobytes()] == label for image, label in zip(*parts[2], strict=True))


def test_each_augmentation_does_what_its_name_says():
    rng = np.random.default_rng(0)
    images = rng.random((400, 28, 28, 1)).astype("float32")
    flipped = craft.flip(images, rng)
    same, mirrored = ((flipped == other).all(axis=(1, 2, 3)) for other in (images, images[:, :, ::-1]))
    assert np.all(same ^ mirrored) and 0.4 < same.mean() < 0.6
    cropped = craft.crop(images, rng)
    offsets = set()
    for before, after in zip(images, cropped, strict=True):
        places = [
            (down, across)
            for down in range(-2, 3)
            for across in range(-2, 3)
            if np.array_equal(np.roll(before, (down, across), (0, 1))[2:-2, 2:-2], after[2:-2, 2:-2])
        ]
        assert len(places) == 1
        offsets.add(places[0])
    assert len(offsets) == 25
    disk = (np.hypot(*(np.indices((28, 28)) - 13.5)) < 9).astype("float32")[None, ..., None]
    turned = craft.rotate(np.repeat(disk, 20, axis=0), rng)
    assert turned.shape == (20, 28, 28, 1) and np.abs(turned - disk).mean() < 0.03, "a disk stays in its place"
    bar = np.zeros((20, 28, 28, 1), "float32")
    bar[:, 13:15] = 1
    columns = (craft.rotate(bar, rng)[:, :, 24, 0] * np.arange(28)).sum(axis=1)
    assert np.ptp(columns) > 1.5, "the end of a bar moves"


def test_an_update_is_what_keras_does_with_the_same_batch():
    images = np.random.default_rng(0).random((50, 28, 28, 1)).astype("float32")
    targets = np.eye(10, dtype="float32")[np.arange(50) % 10]
    weights, losses = [], []
    for ours in (True, False):
        keras.utils.set_random_seed(0)
        model = craft.small_net(l2=1e-3)
        update = craft.make_update(model, keras.optimizers.SGD(0.1), smoothing=0.1)
        losses.append(float(update(images, targets)) if ours else model.train_on_batch(images, targets))
        weights.append(model.get_weights())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(*weights, strict=True))


def test_a_training_depends_on_its_seed_and_not_on_the_training_before():
    images = np.random.default_rng(0).random((100, 28, 28, 1)).astype("float32")
    labels = np.arange(100) % 10
    model = craft.small_net(dropout=0.3)
    update = craft.make_update(model, keras.optimizers.Adam())
    runs = [craft.train(model, update, seed, images, labels, updates=6) for seed in (1, 2, 1)]
    assert np.allclose(runs[0], runs[2], atol=1e-5) and not np.allclose(runs[0], runs[1], atol=1e-3)


def test_restart_empties_the_memory_of_the_optimizer():
    model = craft.small_net()
    update = craft.make_update(model, keras.optimizers.Adam())
    update(np.ones((4, 28, 28, 1), "float32"), np.eye(10, dtype="float32")[:4])
    assert int(model.optimizer.iterations) == 1
    before = model.get_weights()
    craft.restart(model, 0)
    assert int(model.optimizer.iterations) == 0
    assert not any(np.any(v.numpy()) for v in model.optimizer.variables if "learning_rate" not in v.path)
    assert not np.allclose(before[0], model.get_weights()[0])


@settings(deadline=None, max_examples=20)
@given(st.floats(0, 1))
def test_schedules_stay_between_zero_and_their_peak(progress):
    for name, schedule in rates.SCHEDULES.items():
        assert 0 <= schedule(progress) <= 0.008 + 1e-12, name
    assert rates.SCHEDULES["one-cycle"](0.25) == pytest.approx(0.008)
    assert all(rates.SCHEDULES[name](1.0) <= 0.008 / 99 for name in ("step", "cosine", "one-cycle"))


def test_a_checkpoint_is_complete_or_the_one_before(tmp_path, monkeypatch):
    model = craft.small_net(width=1, dense=1)
    model.compile("sgd", "mse")
    callback = rates.SaveEachEpoch(tmp_path / "net.keras")
    callback.set_model(model)
    callback.on_epoch_end(0)
    first = (tmp_path / "net.keras").read_bytes()

    def die_half_way(path):
        path.write_bytes(first[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "save", die_half_way)
    with pytest.raises(KeyboardInterrupt):
        callback.on_epoch_end(1)
    assert (tmp_path / "net.keras").read_bytes() == first


def test_batch_statistics_are_asked_for_without_changing_the_network():
    model = rates.normalised_net(0.9)
    images = np.random.default_rng(0).random((20, 28, 28, 1)).astype("float32")
    before = model.get_weights()
    assert 0 <= rates.accuracy_while_training(model, images, np.arange(20) % 10, 5) <= 1
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
