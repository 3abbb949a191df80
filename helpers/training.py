"""The small problem of notebook 05 and its training loop, which later notebooks train with, seed after seed.

Notebook 05 shows each function and says why it is so. `tf.function` and `tf.GradientTape` tie this file to TensorFlow.
"""

import random
import weakref

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from helpers import metrics


def split_problem(animals, seed):
    """Return (images, labels) of the training, tuning (300) and validation (1,200) images, each in random order.

    Images are float32 from 0 to 1. The tuning images decide within a training (when to stop, which learning rate); the
    validation images measure. Both come from the loader's `val` split, and no image is in both.
    """
    rng = np.random.default_rng(seed)

    def shuffled(split):
        order = rng.permutation(len(split.labels))
        return split.images[order] / np.float32(255), split.labels[order]

    train, (x_val, y_val) = shuffled(animals.train), shuffled(animals.val)
    return train, (x_val[:300], y_val[:300]), (x_val[300:], y_val[300:])


def small_net(width=12, dense=48, dropout=0.0, l1=0.0, l2=0.0, initializer="glorot_uniform"):
    """Return a small CNN, untrained: (28, 28, 1) in, ten logits out; `l1` and `l2` are penalties on its kernels."""
    penalty = keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
    options = {"kernel_regularizer": penalty, "kernel_initializer": initializer}
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (width, 2 * width):
        model.add(layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu", **options))
    model.add(layers.Flatten())
    model.add(layers.Dropout(dropout))
    model.add(layers.Dense(dense, activation="relu", **options))
    model.add(layers.Dropout(dropout))
    model.add(layers.Dense(10, **options))
    return model


def make_update(model, optimizer, label_smoothing=0.0, jit_compile=False):
    """Compile the model; return `update(images, targets)`, one step of the optimizer that returns the loss.

    Images are float32 of the model's input shape, targets float32 of shape (n, 10). The step is compiled once, so keep
    `update` and train the same model again with each seed. With `jit_compile`, XLA compiles it: seconds at the first
    call, and again for each new batch size, then faster updates; it pays for thousands of them.
    """
    loss_function = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=label_smoothing)
    model.compile(optimizer, loss_function)
    optimizer.build(model.trainable_variables)
    shapes = [tf.TensorSpec((None, *model.input_shape[1:])), tf.TensorSpec((None, 10))]

    @tf.function(input_signature=shapes, jit_compile=jit_compile)
    def update(images, targets):
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            loss = model.compute_loss(y=targets, y_pred=logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return update


def batches(count, batch_size, updates, rng):
    """Yield `updates` batches of `batch_size` positions below `count`; each epoch has a new order."""
    waiting = np.array([], int)
    for _ in range(updates):
        if len(waiting) < batch_size:
            waiting = np.concatenate([waiting, rng.permutation(count)])
        yield waiting[:batch_size]
        waiting = waiting[batch_size:]


def cosine_decay(progress, peak=0.004):
    """Return the learning rate at this `progress` (0 to 1): from `peak` to 0 along half a cosine wave."""
    return peak * (1 + np.cos(np.pi * progress)) / 2


_NEW_STATES = weakref.WeakKeyDictionary()  # of each optimizer that was restarted, the values of a new one


def restart(model, seed):
    """Give a compiled model new initial weights, and its optimizer the state of a new one."""
    random.seed(seed)  # Keras draws its seeds from it; keras.utils.set_random_seed would make TensorFlow compile anew
    for variable, new in zip(model.variables, keras.models.clone_model(model).variables, strict=True):
        variable.assign(new)
    if model.optimizer not in _NEW_STATES:  # a new optimizer takes its time, so only once
        new = type(model.optimizer).from_config(model.optimizer.get_config())
        new.build(model.trainable_variables)
        _NEW_STATES[model.optimizer] = [keras.ops.convert_to_numpy(variable) for variable in new.variables]
    for variable, new in zip(model.optimizer.variables, _NEW_STATES[model.optimizer], strict=True):
        variable.assign(new)


def train(
    model, update, seed, images, labels, updates=200, batch_size=50,
    schedule=cosine_decay, augment=None, after_update=None,
):  # fmt: skip
    """Restart the model with this seed and train it; return the loss of each update, float of shape (updates,).

    Parameters
    ----------
    model, update : the model, and what `make_update` returned for it
    images, labels : float32 of the model's input shape, and int of shape (n,) from 0 to 9
    schedule : callable
        Takes the progress, from 0 to 1, and returns the learning rate.
    augment : callable, optional
        Takes (images, numpy.random.Generator) and returns changed images.
    after_update : callable, optional
        Is called with the number of updates done.

    The order of the images and the augmentation have a generator each, so both stay the same when the other changes.
    """
    restart(model, seed)
    order, chance = np.random.default_rng(seed).spawn(2)
    losses = []
    for step, chosen in enumerate(batches(len(images), batch_size, updates, order)):
        model.optimizer.learning_rate = schedule(step / updates)
        batch = images[chosen] if augment is None else augment(images[chosen], chance)
        losses.append(float(update(batch, np.eye(10, dtype="float32")[labels[chosen]])))
        if after_update is not None:
            after_update(step + 1)
    return np.array(losses)


def accuracy_of(model, images, labels):
    """Return the accuracy, from 0 to 1, of a model that returns logits."""
    return metrics.accuracy(labels, model(images).numpy().argmax(axis=1))


def flip(images, rng):
    """Mirror about half of the images, left to right."""
    return np.where(rng.random((len(images), 1, 1, 1)) < 0.5, images[:, :, ::-1], images)


def crop(images, rng, edge=2):
    """Shift each image of 28x28 by up to `edge` pixels: add a black edge, and cut the old size out at random."""
    padded = np.pad(images, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    top, left = rng.integers(0, 2 * edge + 1, size=(2, len(images), 1, 1))
    side = np.arange(28)
    return padded[np.arange(len(images))[:, None, None], top + side[:, None], left + side]


def rotate(images, rng, degrees=10):
    """Rotate each image of 28x28 by a random angle of up to `degrees` about its centre, (13.5, 13.5)."""
    angle = np.radians(rng.uniform(-degrees, degrees, len(images)))
    a, b, zero = np.cos(angle), np.sin(angle), np.zeros(len(images))
    c, d = 13.5 - 13.5 * a + 13.5 * b, 13.5 - 13.5 * b - 13.5 * a  # so that the centre stays where it is
    transforms = np.stack([a, -b, c, b, a, d, zero, zero], axis=1).astype("float32")
    return ops.convert_to_numpy(ops.image.affine_transform(images, transforms))


def flip_crop_rotate(images, rng):
    """Apply all three augmentations."""
    return rotate(crop(flip(images, rng), rng), rng)
