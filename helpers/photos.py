"""From files to batches: the input pipeline that notebook 04 explains, line for line, for other notebooks to import."""

import tensorflow as tf

THREADS = 4  # for two cores: while one waits for the disk, another decodes


def decode(path, size):
    """Return a JPEG file as uint8 of shape (size, size, 3), stretched to a square.

    It is decoded at half its size where that leaves at least four fifths of `size`.
    """
    content = tf.io.read_file(path)
    shorter = tf.reduce_min(tf.image.extract_jpeg_shape(content)[:2])
    fast = {"channels": 3, "dct_method": "INTEGER_FAST", "fancy_upscaling": False}
    photo = tf.cond(
        shorter * 5 >= size * 8,
        lambda: tf.io.decode_jpeg(content, ratio=2, **fast),
        lambda: tf.io.decode_jpeg(content, **fast),
    )
    resized = tf.image.resize(photo, (size, size), "bicubic", antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)


def photos(paths, labels, size, cache=None):
    """Return a `tf.data.Dataset` of (uint8 photo, label).

    `cache` is "" for memory, a path for a file, or None for no cache.
    """
    ds = tf.data.Dataset.from_tensor_slices(([str(path) for path in paths], labels))
    ds = ds.map(lambda path, label: (decode(path, size), label), num_parallel_calls=THREADS)
    return ds if cache is None else ds.cache(cache)


def batches(ds, seed=None, augment=None, batch_size=32):
    """Return batches of (float32 images, float32 labels of shape (n, 1)); a seed shuffles them.

    `augment` takes (images, seed) of a whole batch; its seed differs from batch to batch and from
    epoch to epoch, and is drawn from `seed`, so a second run sees the same images.
    """
    ds = ds if seed is None else ds.shuffle(len(ds), seed=seed)
    ds = ds.batch(batch_size)
    if augment is not None:
        seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
        ds = tf.data.Dataset.zip(ds, seeds)
        ds = ds.map(lambda batch, seed: (augment(batch[0], seed), batch[1]), num_parallel_calls=2)

    def as_floats(images, labels):
        return tf.cast(images, "float32"), tf.cast(labels, "float32")[:, None]

    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = THREADS
    return ds.map(as_floats).prefetch(2).with_options(options)
