"""Pretrained networks that turn images into features: EfficientNet-Lite0, embedded, or any of `keras.applications`.

Every network here takes pixels from 0 to 255, as they are: scaling is its first layer, so do not scale before it.
"""

import sys

import keras
import numpy as np
from keras import layers
from tqdm import tqdm

from helpers import datasets

EMBEDDED = "efficientnet_lite0"
STAGES = (  # kernel size, stride of the first block, expansion, filters, blocks (M. Tan, EfficientNet-Lite, 2020)
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


def convolve(x, convolution, activate=True):
    """Apply a convolution without bias, normalise, and cut to 0 .. 6 (ReLU6)."""
    x = convolution(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{convolution.name}_norm")(x)
    return layers.ReLU(6, name=f"{convolution.name}_relu")(x) if activate else x


def inverted_residual(x, kernel_size, strides, expansion, filters, name):
    """Widen with 1x1, filter each channel by itself, narrow with 1x1; add the input where shapes agree (MBConv).

    M. Sandler et al., *MobileNetV2*, 2018. No ReLU after the last 1x1: it would destroy information in few channels.
    """
    y = x
    if expansion > 1:
        wide = expansion * x.shape[-1]
        y = convolve(y, layers.Conv2D(wide, 1, use_bias=False, name=f"{name}_expand"))
    options = {"strides": strides, "padding": "same", "use_bias": False, "name": f"{name}_depthwise"}
    y = convolve(y, layers.DepthwiseConv2D(kernel_size, **options))
    y = convolve(y, layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project"), activate=False)
    return layers.Add(name=f"{name}_add")([x, y]) if x.shape == y.shape else y


def efficientnet_lite0(size):
    """Return EfficientNet-Lite0 without weights: pixels from 0 to 255, (size, size, 3), in; 1,280 feature maps out."""
    inputs = keras.Input((size, size, 3))
    x = layers.Rescaling(1 / 128, offset=-127 / 128)(inputs)
    x = convolve(x, layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem"))
    number = 0
    for kernel_size, stride, expansion, filters, blocks in STAGES:
        for strides in [stride] + [1] * (blocks - 1):
            x = inverted_residual(x, kernel_size, strides, expansion, filters, f"block{number}")
            number += 1
    x = convolve(x, layers.Conv2D(1280, 1, use_bias=False, name="head"))
    return keras.Model(inputs, x, name=EMBEDDED)


def load(name=EMBEDDED, size=224):
    """Return a pretrained network without its classes: pixels (n, size, size, 3) in, feature maps out.

    Parameters
    ----------
    name : str
        "efficientnet_lite0", whose weights are embedded, or a network of `keras.applications`, such as "MobileNetV2",
        whose weights lie in `weights/NAME.weights.h5` in the folder of downloaded data.
    size : int
        Height and width of the images in pixels, 32 or more.

    Raises ValueError for an unknown name or a smaller size, DataMissing or DataDamaged for its weights.
    """
    if size < 32:
        raise ValueError(f"size must be 32 pixels or more, as the network halves an image five times; got {size}.")
    if name != EMBEDDED:
        return _application(name, size)
    model, stored = efficientnet_lite0(size), datasets.embedded("weights/efficientnet_lite0.npz")
    for weight in model.weights:
        weight.assign(stored[weight.path] * stored.get(f"{weight.path}_scale", 1))
    return model


def _application(name, size):
    """Return a network of `keras.applications` with the scaling that it wants in front."""
    known = [known for known in dir(keras.applications) if known[0].isupper()]
    if name not in known:
        raise ValueError(f"There is no backbone {name!r}; there are {EMBEDDED}, {', '.join(known)}.")
    build = getattr(keras.applications, name)
    path = datasets.data_folder() / "weights" / f"{name}.weights.h5"
    if not path.is_file():
        save = f"import keras; keras.applications.{name}(include_top=False).save_weights('{path}')"
        raise datasets.DataMissing(
            f"The weights of {name} are not in {path}. With the Internet at hand, this puts them there: "
            f'mkdir -p "{path.parent}" && python -c "{save}"'
        )
    inputs = keras.Input((size, size, 3))
    scaled = sys.modules[build.__module__].preprocess_input(inputs)
    model = build(include_top=False, weights=None, input_tensor=scaled)
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0][:160]
        raise datasets.DataDamaged(f"{path} does not hold the weights of {name} ({reason}); make it again.") from None
    return keras.Model(inputs, model.output, name=name)


def checked(images, size):
    """Return `images` as an array, (n, size, size, 3), uint8 or floats from 0 to 255; raise ValueError for others."""
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[1:] != (size, size, 3) or not len(images):
        raise ValueError(f"images must have the shape (n, {size}, {size}, 3) with n > 0; got {images.shape}.")
    if images.dtype != np.uint8 and not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"images must be uint8 or floats; got {images.dtype}.")
    low, high = images.min(), images.max()
    if images.dtype != np.uint8 and not (low >= 0 and 1 < high <= 255):
        raise ValueError(
            f"images must hold pixels from 0 to 255, not scaled before; got values from {low:.3g} to {high:.3g}."
        )
    return images


def features(model, images, batch_size=32):
    """Return the features of images: the mean over each feature map, float32 of shape (n, channels).

    `images` is an array that `checked` accepts, or an iterable of such batches, as a `tf.data.Dataset` gives them.
    Raises ValueError as `checked`, and if there is no batch.
    """
    size = model.input_shape[1]
    if isinstance(images, np.ndarray):
        images = np.split(checked(images, size), range(batch_size, len(images), batch_size))
    batches = tqdm(images, "features", unit="batch", delay=10, mininterval=1, leave=False)
    found = [model.predict_on_batch(checked(batch, size)).mean(axis=(1, 2)) for batch in batches]
    if not found:
        raise ValueError("images must hold at least one batch; got none.")
    return np.concatenate(found)
