"""What the checkers of 07_transfer_learning are tried on."""

import numpy as np

from tests.exercises import Case


def vectors(rng):
    """Return arguments of `nearest_mean`: small whole numbers without a vector or mean of zeros."""
    labels = rng.integers(-2, 3, int(rng.integers(2, 8)))
    features, new = (rng.integers(0, 4, (n, 3)) + np.array([0.0, 0.0, 1.0]) for n in (len(labels), 4))
    return features, labels, new


def layer_names(rng):
    """Return arguments of `frozen_in_turn`."""
    return (rng.choice(["first", "norm", "relu", "second", "third"], 2).tolist(),)


CASES = {
    "mushrooms": Case(
        also=[
            'tuning_helps, tuning_harms, scratch_best = (500, 100), {5}, set()\nwhy_flat = "c"',
            "numbers, gains, halves = np.array([5, 20, 100, 500]), np.array([-7, -1, 5, 9]), np.array([4, 3, 2, 1])\n"
            "tuning_helps, tuning_harms = numbers[gains > halves], numbers[-gains > halves]\n"
            'scratch_best = numbers[np.array([31, 44, 71, 88]) > np.array([68, 79, 89, 94])]\nwhy_flat = "c"',
        ],
        wrong={
            "signs without intervals": ("tuning_harms = [5]", "tuning_harms = [5, 20]"),
            "helps only with many": ("tuning_helps = [100, 500]", "tuning_helps = [500]"),
            "helps where not harmful": ("tuning_helps = [100, 500]", "tuning_helps = [20, 100, 500]"),
            "helps and harms swapped": (
                "tuning_helps = [100, 500]\ntuning_harms = [5]",
                "tuning_harms = [100, 500]\ntuning_helps = [5]",
            ),
            "scratch compared with the probe only": ("scratch_best = []", "scratch_best = [500]"),
            "a probe has a learning rate": ('"c"', '"a"'),
            "overfits with more images": ('"c"', '"b"'),
            "running averages": ('"c"', '"d"'),
        },
    ),
    "nearest-mean": Case(
        also=[
            "    found = []\n    for vector in new:\n        best, likest = None, -np.inf\n"
            "        for label in sorted(set(labels.tolist())):\n"
            "            mean = sum(features[labels == label]) / sum(labels == label)\n"
            "            cosine = vector @ mean / np.sqrt(vector @ vector) / np.sqrt(mean @ mean)\n"
            "            if cosine > likest:\n                best, likest = label, cosine\n"
            "        found.append(best)\n    return np.array(found)",
        ],
        wrong={
            "prototypes not divided by their lengths": (
                "means / np.linalg.norm(means, axis=1, keepdims=True)",
                "means",
            ),
            "positions for labels": ("known[np.argmax(new @ means.T, axis=1)]", "np.argmax(new @ means.T, axis=1)"),
            "least similar": ("np.argmax(", "np.argmin("),
            "features divided before the mean": (
                "features[labels == label].mean",
                "(features / np.linalg.norm(features, axis=1, keepdims=True))[labels == label].mean",
            ),
            "sum for mean, lengths kept": (
                "    means = means / np.linalg.norm(means, axis=1, keepdims=True)\n",
                "    means = means * np.array([np.sum(labels == label) for label in known])[:, None]\n",
            ),
            "first image of a class for its mean": (".mean(axis=0) for label", "[0] for label"),
            "nearest image, not mean": (
                "    return known[np.argmax(new @ means.T, axis=1)]",
                "    return labels[np.argmax(new @ features.T, axis=1)]",
            ),
            "labels in order of appearance": ("known = np.unique(labels)", "known = np.arange(len(set(labels)))"),
        },
        inputs=vectors,
    ),
    "freeze-before": Case(
        also=[
            "    before, total = True, 0\n    for layer in model.layers:\n"
            "        before = before and layer.name != name\n"
            "        layer.trainable = not (before or isinstance(layer, layers.BatchNormalization))\n"
            "        total += layer.count_params() if layer.trainable else 0\n    return total",
            "    at = model.layers.index(model.get_layer(name))\n"
            "    for layer in model.layers[at:]:\n        layer.trainable = True\n"
            "    for layer in model.layers[:at]:\n        layer.trainable = False\n"
            "    for layer in model.layers:\n        if isinstance(layer, keras.layers.BatchNormalization):\n"
            "            layer.trainable = False\n"
            "    return np.sum([w.numpy().size for w in model.trainable_variables])",
        ],
        wrong={
            "normalisation learns": ("place >= start and not normalises", "place >= start"),
            "the named layer is frozen": ("place >= start", "place > start"),
            "frozen weights counted": ("model.trainable_weights", "model.weights"),
            "arrays counted, not numbers": ("int(np.prod(weight.shape))", "1"),
            "never unfreezes": (
                "layer.trainable = place >= start and not normalises",
                "layer.trainable = layer.trainable and place >= start and not normalises",
            ),
            "only normalisation before the name is frozen": (
                "place >= start and not normalises",
                "place >= start or normalises",
            ),
            "the model was trainable, so nothing is unfrozen": (
                "layer.trainable = place >= start and not normalises",
                "model.trainable = True\n        if place < start or normalises:\n            layer.trainable = False",
            ),
            "the later layers are frozen": ("place >= start", "place < start"),
            "biases forgotten": ("in model.trainable_weights)", "in model.trainable_weights if len(weight.shape) > 1)"),
        },
        inputs=layer_names,
        call="frozen_in_turn",
    ),
    "scaled-twice": Case(
        also=[
            'times_smaller, only_new_images, all_images = 255.0, "a", "b"',
            'times_smaller = np.ptp(np.arange(256)) / np.ptp(np.arange(256) / 255)\nonly_new_images, all_images = "ab"',
        ],
        wrong={
            "divided by 128": ("times_smaller = 255", "times_smaller = 128"),
            "both scalings": ("times_smaller = 255", "times_smaller = 255 * 128"),
            "inverse": ("times_smaller = 255", "times_smaller = 1 / 255"),
            "new images: some survives": ('only_new_images = "a"', 'only_new_images = "b"'),
            "new images: reversed": ('only_new_images = "a"', 'only_new_images = "d"'),
            "new images: no harm": ('only_new_images = "a"', 'only_new_images = "c"'),
            "all images: no harm": ('all_images = "b"', 'all_images = "c"'),
            "all images: nothing left": ('all_images = "b"', 'all_images = "a"'),
        },
    ),
    "adapt": Case(
        also=[
            "    model.layers[0].trainable = False\n"
            "    model.compile(optimizer=keras.optimizers.Adam(rate), loss=loss)\n    model.fit()\n"
            "    for layer in model.layers[0].layers:\n"
            "        layer.trainable = not isinstance(layer, layers.BatchNormalization)\n"
            "    model.layers[0].trainable = True\n    set_normalisation(model, trainable=False)\n"
            "    model.compile(optimizer=keras.optimizers.Adam(0.05 * rate), loss=loss)\n    model.fit()",
            "    base = model.layers[0]\n    for step, learns in enumerate((False, True)):\n"
            "        base.trainable = learns\n        set_normalisation(base, False)\n"
            "        model.compile(keras.optimizers.Adam(rate * (0.05 if step else 1)), loss)\n        model.fit()",
        ],
        wrong={
            "as given": (
                "    set_normalisation(base, False)\n    model.compile(keras.optimizers.Adam(rate / 20), loss)\n",
                "",
            ),
            "normalisation unfrozen again": ("    set_normalisation(base, False)\n", ""),
            "normalisation frozen too early": (
                "    base.trainable = True\n    set_normalisation(base, False)\n",
                "    set_normalisation(base, False)\n    base.trainable = True\n",
            ),
            "not compiled again": (
                "    model.compile(keras.optimizers.Adam(rate / 20), loss)\n",
                "    model.optimizer.learning_rate = rate / 20\n",
            ),
            "compiled before unfreezing": (
                "    base.trainable = True\n    set_normalisation(base, False)\n"
                "    model.compile(keras.optimizers.Adam(rate / 20), loss)\n    model.fit()\n",
                "    model.compile(keras.optimizers.Adam(rate / 20), loss)\n    model.fit()\n"
                "    base.trainable = True\n    set_normalisation(base, False)\n",
            ),
            "the full rate twice": ("rate / 20", "rate"),
            "base learns from the start": ("base.trainable = False", "base.trainable = True"),
            "head frozen in the second fit": (
                "    base.trainable = True\n",
                "    base.trainable, model.layers[1].trainable = True, False\n",
            ),
            "normalisation frozen only at first": (
                "    set_normalisation(base, False)\n",
                "    set_normalisation(base, True)\n",
            ),
        },
    ),
}
