"""What the checkers of 06_architectures are tried on."""

from tests.exercises import Case


def plans(rng):
    """Return arguments of `ablation`."""
    depths, peaks, seeds = (rng.choice(9, int(rng.integers(1, 4)), replace=False).tolist() for _ in range(3))
    return depths, peaks, seeds


CASES = {
    "macs-and-time": Case(
        also=[
            "macs_share = np.float64(0.1189)\ntime_share = 0.37\ntime_share_faster = 0.72",
            "ordinary, depth, point = 784 * 1152 * 128, 784 * 9 * 128, 784 * 128 * 128\n"
            "macs_share = (depth + point) / ordinary\n"
            "moved = 100 * (2 * 784 * 128 + 1152) + 100 * (2 * 784 * 128 + 128 * 128)\n"
            "time_share, time_share_faster = moved / ordinary, 2 * moved / ordinary",
        ],
        wrong={
            "a ninth": ("macs_share = 0.119", "macs_share = 0.09"),
            "time like the MACs": ("time_share = 0.363", "time_share = 0.119"),
            "faster for all alike": ("time_share_faster = 0.725", "time_share_faster = 0.363"),
            "faster halves it": ("time_share_faster = 0.725", "time_share_faster = 0.181"),
            "depthwise waits, pointwise computes": ("time_share = 0.363", "time_share = 0.285"),
            "only numbers moved": ("time_share = 0.363", "time_share = 1.2"),
            "only the pointwise layer": ("time_share = 0.363", "time_share = 0.188"),
            "percent": "macs_share, time_share, time_share_faster = 11.9, 36.3, 72.5",
        },
    ),
    "halving": Case(
        also=[
            "    s = layers.Conv2D(filters, 1, 2, use_bias=False)(x)\n    s = layers.BatchNormalization()(s)\n"
            "    g = conv(x, filters, 3, 2)\n    g = conv(g, filters, 3, 1, False, 'zeros')\n"
            "    return layers.ReLU()(s + g)",
            "    branches = [conv(x, filters, 1, 2, activate=False)]\n"
            "    branches.append(conv(conv(x, filters, strides=2), filters, activate=False, gamma='zeros'))\n"
            "    return layers.Activation('relu')(layers.add(branches))",
        ],
        wrong={
            "as given": (
                '    y = conv(conv(x, filters, strides=2), filters, activate=False, gamma="zeros")\n'
                "    s = conv(x, filters, 1, strides=2, activate=False)",
                "    s = conv(x, filters, strides=2)\n    y = conv(s, filters, activate=False)",
            ),
            "gamma starts with one": (', gamma="zeros"', ""),
            "both gammas start with zero": ("1, strides=2, activate=False)", '1, 2, activate=False, gamma="zeros")'),
            "gamma of the shortcut starts with zero": (
                '    y = conv(conv(x, filters, strides=2), filters, activate=False, gamma="zeros")\n'
                "    s = conv(x, filters, 1, strides=2, activate=False)",
                "    y = conv(conv(x, filters, strides=2), filters, activate=False)\n"
                '    s = conv(x, filters, 1, strides=2, activate=False, gamma="zeros")',
            ),
            "ReLU in the shortcut": ("1, strides=2, activate=False)", "1, strides=2)"),
            "ReLU at the end of g": ("filters, activate=False, gamma", "filters, gamma"),
            "ReLU before the sum only": (
                "layers.ReLU()(layers.Add()([s, y]))",
                "layers.Add()([layers.ReLU()(s), layers.ReLU()(y)])",
            ),
            "no ReLU": ("layers.ReLU()(layers.Add()([s, y]))", "layers.Add()([s, y])"),
            "shortcut of 3x3": ("s = conv(x, filters, 1,", "s = conv(x, filters, 3,"),
            "stride in the second convolution": (
                "conv(conv(x, filters, strides=2), filters, activate",
                "conv(conv(x, filters), filters, strides=2, activate",
            ),
            "shortcut pools": (
                "s = conv(x, filters, 1, strides=2, activate=False)",
                "s = conv(layers.AveragePooling2D()(x), filters, 1, activate=False)",
            ),
        },
    ),
    "bottleneck": Case(
        also=[
            "    y = x\n    for channels, size, last in ((filters, 1, False), (filters, 3, False), "
            "(x.shape[-1], 1, True)):\n        y = conv(y, channels, size, activate=not last)\n"
            "    return layers.ReLU()(x + y)",
            "    g = conv(x, filters, 1)\n    g = conv(g, filters)\n"
            "    g = layers.Conv2D(4 * filters, 1, use_bias=False)(g)\n"
            "    g = layers.BatchNormalization(momentum=0.9)(g)\n    return layers.ReLU()(layers.add([g, x]))",
        ],
        wrong={
            "ReLU at the end of g": (", activate=False", ""),
            "ReLU before the sum": ("layers.ReLU()(layers.Add()([x, y]))", "layers.Add()([x, layers.ReLU()(y)])"),
            "no shortcut": ("layers.ReLU()(layers.Add()([x, y]))", "layers.ReLU()(y)"),
            "no ReLU after the sum": ("layers.ReLU()(layers.Add()([x, y]))", "layers.Add()([x, y])"),
            "kernels swapped": ("conv(conv(x, filters, 1), filters, 3)", "conv(conv(x, filters, 3), filters, 1)"),
            "wide inside": ("conv(conv(x, filters, 1), filters, 3)", "conv(conv(x, 4 * filters, 1), 4 * filters, 3)"),
            "no 3x3": ("filters, 3)", "filters, 1)"),
            "shortcut around one convolution less": (
                "    y = conv(conv(x, filters, 1), filters, 3)\n    y = conv(y, 4 * filters, 1, activate=False)",
                "    x = conv(conv(conv(x, filters, 1), filters, 3), 4 * filters, 1)\n"
                "    y = conv(x, 4 * filters, 1, activate=False)",
            ),
        },
    ),
    "ablation": Case(
        also=[
            "    search, pairs = [], []\n    for depth in depths:\n        middle = (depth, True, 1)\n"
            "        others = [(depth, False, 1), (depth, True, 0)]\n"
            "        pairs += [(middle, other) for other in others]\n"
            "        for network in [middle] + others:\n"
            "            search += [network + (peak, seeds[0]) for peak in peaks]\n"
            "    return search, pairs, 3 * len(depths) * (len(peaks) + len(seeds) - 1)",
            "    search = [[d, s, g, p, seeds[0]] for d in depths for s in (0, 1) for g in (0, 1) "
            "for p in peaks if s or g]\n"
            "    pairs = [[[d, 1, 1], other] for d in depths for other in ([d, 0, 1], [d, 1, 0])]\n"
            "    return search, pairs, len(search) + len(depths) * 3 * len(seeds[1:])",
        ],
        wrong={
            "plain with gamma 0": ("kinds = [(False, 1),", "kinds = [(False, 0),"),
            "all four kinds": ("(True, 0)]", "(True, 0), (False, 0)]"),
            "two points at once": ("(kinds[:2], kinds[1:])", "((kinds[0], kinds[2]),)"),
            "only the shortcut": ("(kinds[:2], kinds[1:])", "(kinds[:2],)"),
            "every pair": ("(kinds[:2], kinds[1:])", "(kinds[:2], kinds[1:], kinds[::2])"),
            "depths compared": (
                "return search, pairs, len",
                "pairs += [((depths[0], True, 0), (depth, True, 0)) for depth in depths[1:]]\n"
                "    return search, pairs, len",
            ),
            "searched at every seed": (
                "(*network, peak, seeds[0]) for network in networks for peak in peaks",
                "(*network, peak, seed) for network in networks for peak in peaks for seed in seeds",
            ),
            "one peak for all": ("for peak in peaks]", "for peak in peaks[:1]]"),
            "winner trained twice at the first seed": ("(len(seeds) - 1)", "len(seeds)"),
            "every peak at every seed": ("len(search) + len(networks) * (len(seeds) - 1)", "len(search) * len(seeds)"),
        },
        inputs=plans,
    ),
}
