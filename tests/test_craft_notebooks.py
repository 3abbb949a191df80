"""The training loop that notebook 05 teaches (helpers.training), and the definitions that notebook 05b shows."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import datasets, notebooks, training

rates = notebooks.definitions("05b")


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 30), st.integers(0, 9))
def test_batches_show_every_image_once_before_any_again(count, size, updates, seed):
    size = min(size, count)
    found = list(training.batches(count, size, updates, np.random.default_rng(seed)))
    assert len(found) == updates and all(len(batch) == size for batch in found)
    shown = np.concatenate([*found, []])[: count * (updates * size // count)]
    assert all(sorted(epoch) == list(range(count)) for epoch in shown.reshape(-1, count))


def test_splits_are_disjoint_and_labels_stay_with_their_images():
    animals = datasets.load_silhouettes()
    parts = training.split_problem(animals, 3)
    assert [len(labels) for _, labels in parts] == [7000, 300, 1200]
    rows = [{image.tobytes() for image in images} for images, _ in parts]
    assert not (rows[0] & rows[1] or rows[0] & rows[2] or rows[1] & rows[2])
    known = dict(zip((i.tobytes() for i in animals.val.images / np.float32(255)), animals.val.labels, strict=True))
    assert all(known[image.tobytes()] == label for image, label in zip(*parts[2], strict=True))


def test_each_augmentation_does_what_its_name_says():
    rng = np.random.default_rng(0)
    images = rng.random((400, 28, 28, 1)).astype("float32")
    flipped = training.flip(images, rng)
    same, mirrored = ((flipped == other).all(axis=(1, 2, 3)) for other in (images, images[:, :, ::-1]))
    assert np.all(same ^ mirrored) and 0.4 < same.mean() < 0.6
    cropped = training.crop(images, rng)
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
    turned = training.rotate(np.repeat(disk, 20, axis=0), rng)
    assert turned.shape == (20, 28, 28, 1) and np.abs(turned - disk).mean() < 0.03, "a disk stays in its place"
    bar = np.zeros((20, 28, 28, 1), "float32")
    bar[:, 13:15] = 1
    columns = (training.rotate(bar, rng)[:, :, 24, 0] * np.arange(28)).sum(axis=1)
    assert np.ptp(columns) > 1.5, "the end of a bar moves"


@pytest.mark.parametrize("jit_compile", [False, True])
def test_an_update_is_what_keras_does_with_the_same_batch(jit_compile):
    images = np.random.default_rng(0).random((50, 28, 28, 1)).astype("float32")
    targets = np.eye(10, dtype="float32")[np.arange(50) % 10]
    weights, losses = [], []
    for ours in (True, False):
        keras.utils.set_random_seed(0)
        model = training.small_net(l2=1e-3)
        update = training.make_update(model, keras.optimizers.SGD(0.1), label_smoothing=0.1, jit_compile=jit_compile)
        losses.append(float(update(images, targets)) if ours else model.train_on_batch(images, targets))
        weights.append(model.get_weights())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(*weights, strict=True))


def test_a_training_depends_on_its_seed_and_not_on_the_training_before():
    images = np.random.default_rng(0).random((100, 28, 28, 1)).astype("float32")
    labels = np.arange(100) % 10
    model = training.small_net(dropout=0.3)
    update = training.make_update(model, keras.optimizers.Adam())
    runs = [training.train(model, update, seed, images, labels, updates=6) for seed in (1, 2, 1)]
    assert np.allclose(runs[0], runs[2], atol=1e-5) and not np.allclose(runs[0], runs[1], atol=1e-3)


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "Nadam"])
def test_restart_gives_the_state_of_a_new_model_and_a_new_optimizer(name):
    model = training.small_net(width=2, dense=4, dropout=0.3)
    optimizer = getattr(keras.optimizers, name)()
    update = training.make_update(model, optimizer)
    initial = [variable.numpy() for variable in optimizer.variables]  # Nadam has one that starts at one
    update(np.ones((4, 28, 28, 1), "float32"), np.eye(10, dtype="float32")[:4])
    assert int(optimizer.iterations) == 1 and model.optimizer is optimizer
    training.restart(model, 5)
    assert all(np.array_equal(v.numpy(), w) for v, w in zip(optimizer.variables, initial, strict=True))
    keras.utils.set_random_seed(5)
    new = training.small_net(width=2, dense=4, dropout=0.3)
    assert all(np.array_equal(v.numpy(), w.numpy()) for v, w in zip(model.variables, new.variables, strict=True))


def test_the_schedule_gives_each_update_its_rate_and_the_hook_its_count():
    model, rates_seen, counts = training.small_net(width=1, dense=2), [], []
    update = training.make_update(model, keras.optimizers.Adam())

    def note(count):
        rates_seen.append(float(model.optimizer.learning_rate))
        counts.append(count)

    images, labels = np.zeros((20, 28, 28, 1), "float32"), np.arange(20) % 10
    losses = training.train(model, update, 0, images, labels, updates=4, batch_size=8, after_update=note)
    assert counts == [1, 2, 3, 4] and losses.shape == (4,)
    assert np.allclose(rates_seen, [training.cosine_decay(step / 4) for step in range(4)])
    assert training.cosine_decay(0, 0.1) == pytest.approx(0.1) and training.cosine_decay(1) == pytest.approx(0)
    training.train(model, update, 0, images, labels, updates=2, schedule=lambda progress: 0.5, after_update=note)
    assert rates_seen[-1] == 0.5


def test_augmentation_changes_the_images_and_not_their_order():
    class Recorder:
        def __init__(self):
            self.seen = []

        def __call__(self, images, targets):
            self.seen.append((images, targets))
            return 0.0

    images = np.random.default_rng(0).random((30, 28, 28, 1)).astype("float32")
    model = training.small_net(width=1, dense=2)
    training.make_update(model, keras.optimizers.Adam())
    plain, changed = Recorder(), Recorder()
    for update, augment in ((plain, None), (changed, lambda batch, rng: batch + rng.random())):
        training.train(model, update, 3, images, np.arange(30) % 10, updates=5, batch_size=7, augment=augment)
    for (before, targets), (after, same_targets) in zip(plain.seen, changed.seen, strict=True):
        assert np.array_equal(targets, same_targets) and np.ptp(after - before) < 1e-6 < np.abs(after - before).max()


def test_accuracy_comes_from_the_largest_logit():
    images = np.eye(10, dtype="float32")[[3, 1, 2, 2]]
    assert training.accuracy_of(keras.ops.convert_to_tensor, images, np.array([3, 1, 2, 9])) == 0.75


def test_penalties_are_added_to_the_loss_for_kernels_alone():
    model = training.small_net(width=1, dense=2, l1=0.5, l2=0.25)
    kernels = [v.numpy() for v in model.trainable_variables if v.path.endswith("kernel")]
    expected = sum(0.5 * np.abs(k).sum() + 0.25 * (k**2).sum() for k in kernels)
    assert len(kernels) == 4 and float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)
    assert not training.small_net(width=1, dense=2).losses


@settings(deadline=None, max_examples=20)
@given(st.floats(0, 1))
def test_schedules_stay_between_zero_and_their_peak(progress):
    for name, schedule in rates.SCHEDULES.items():
        assert 0 <= schedule(progress) <= 0.008 + 1e-12, name
    assert rates.SCHEDULES["one-cycle"](0.25) == pytest.approx(0.008)
    assert all(rates.SCHEDULES[name](1.0) <= 0.008 / 99 for name in ("step", "cosine", "one-cycle"))


def test_a_checkpoint_is_complete_or_the_one_before(tmp_path, monkeypatch):
    model = training.small_net(width=1, dense=1)
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
    assert 0 <= rates.accuracy_in_training_mode(model, images, np.arange(20) % 10, 5) <= 1
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
