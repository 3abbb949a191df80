"""What the checkers of 01_data_preparation are tried on."""

from tests.exercises import Case

CASES = {
    "pixels-become": Case(
        also=[
            "pixels = (72.0, 156.0, 55.0, 200.0)",
            'pixels = np.array([72, 156, 55, 200], "uint8")',
        ],
        wrong={
            "no wrapping at all": ("72, 156, 55, 200", "200, 100, 55, 200"),
            "the difference without its wrap": ("156", "100"),
            "the sum cut off at 255": ("72", "127"),
            "the difference cut off at 0": ("156", "0"),
            "wraps in floats, too": ("55, 200", "55, 72"),
            "another order": ("72, 156, 55, 200", "200, 156, 55, 72"),
            "a remainder of 255": ("72, 156", "72, 155"),
        },
    ),
    "mirrored-too-soon": Case(
        also=[
            "    drawn = np.random.RandomState(seed).choice(len(images), len(images) // 5, replace=False)\n"
            "    stays = np.isin(np.arange(len(images)), drawn)\n"
            "    train = np.repeat(images[~stays], 2, axis=0)\n"
            "    train[1::2] = train[1::2, :, ::-1]\n"
            "    return train, np.repeat(labels[~stays], 2), images[stays], labels[stays]",
            "    order = [int(k) for k in np.random.default_rng(seed).permutation(len(images))]\n"
            "    test, train = order[: len(images) // 5], order[len(images) // 5 :]\n"
            "    more = [images[k] for k in train] + [np.fliplr(images[k]) for k in train]\n"
            "    return more, [labels[k] for k in train] * 2, images[test], labels[test]",
        ],
        wrong={
            "broken as given": (
                "    images = np.concatenate([images, images[:, :, ::-1]])\n"
                "    labels = np.concatenate([labels, labels])\n"
                "    order = np.random.default_rng(seed).permutation(len(images))\n"
                "    test, train = np.split(order, [len(order) // 5])\n"
                "    return images[train], labels[train], images[test], labels[test]"
            ),
            "upside down": ("images[train, :, ::-1]", "images[train, ::-1]"),
            "test images mirrored as well": (
                "images[test], labels[test]",
                "np.concatenate([images[test], images[test, :, ::-1]]), np.concatenate([labels[test]] * 2)",
            ),
            "test images mirrored in place of added": ("images[test], labels", "images[test, :, ::-1], labels"),
            "the wrong side mirrored": ("images[train, :, ::-1]", "images[test, :, ::-1]"),
            "labels in reverse for the mirror images": (
                "[labels[train], labels[train]]",
                "[labels[train], labels[train][::-1]]",
            ),
            "one seed for all": ("default_rng(seed)", "default_rng(0)"),
            "no seed": ("default_rng(seed)", "default_rng()"),
            "not at random": ("np.random.default_rng(seed).permutation(len(images))", "np.arange(len(images))"),
            "rounded up": ("len(order) // 5", "-(-len(order) // 5)"),
            "no mirror images": (
                "    order = np.random.default_rng(seed).permutation(len(images))\n"
                "    test, train = np.split(order, [len(order) // 5])\n"
                "    return images[train], labels[train], images[test], labels[test]"
            ),
        },
        inputs=lambda rng: (
            rng.integers(0, 9, (count := rng.integers(1, 24), 2, 3)),
            rng.integers(0, 9, count),
            int(rng.integers(5)),
        ),
    ),
    "better-than-cat": Case(
        also=[
            'honest, always_cat, verdict = 47 / 60, 54 / 60, "b"',
            'honest = np.float32(0.78)\nalways_cat = np.float32(0.9)\nverdict = "b"',
        ],
        wrong={
            "all images": ("0.783", "0.87"),
            "the images that the model knows": ("0.783", "1.0"),
            "right answers of the rest, of all images": ("0.783", "0.47"),
            "the program judged on all images": ("0.9", "0.84"),
            "the program judged on the images left out": ("0.9", "0.75"),
            "the better of the two, on all images alone": ('"b"', '"a"'),
            "the other way round": ('"b"', '"c"'),
            "per cent": ("0.783", "78.3"),
        },
    ),
    "group-split": Case(
        also=[
            "    members = {}\n"
            "    for index, group in enumerate(groups):\n"
            "        members.setdefault(group, []).append(index)\n"
            "    drawn = []\n"
            "    for k in np.random.default_rng(seed).permutation(len(members)):\n"
            "        if len(drawn) < test_share * len(groups):\n"
            "            drawn += list(members.values())[k]\n"
            "    return [k for k in range(len(groups)) if k not in drawn], drawn",
            "    names, number, sizes = np.unique(groups, return_inverse=True, return_counts=True)\n"
            "    order = np.random.RandomState(seed).permutation(len(names))\n"
            "    before = np.cumsum(sizes[order]) - sizes[order]\n"
            "    in_test = np.isin(number, order[before < test_share * len(groups)])\n"
            "    return np.where(~in_test)[0], np.where(in_test)[0]",
        ],
        wrong={
            "three images of a group, not all": (
                "in_test |= groups == group",
                "in_test[np.flatnonzero(groups == group)[:3]] = True",
            ),
            "one seed for all": ("default_rng(seed)", "default_rng(0)"),
            "no seed": ("default_rng(seed)", "default_rng()"),
            "a share of the groups, not of the images": (
                "if in_test.mean() >= test_share",
                "if len(set(groups[in_test])) >= test_share * len(order)",
            ),
            "a group too many": (">= test_share", "> test_share"),
            "in the order of the groups": (
                "np.random.default_rng(seed).permutation(np.unique(groups))",
                "np.unique(groups)",
            ),
            "test and training swapped": (
                "np.flatnonzero(~in_test), np.flatnonzero(in_test)",
                "np.flatnonzero(in_test), np.flatnonzero(~in_test)",
            ),
            "masks in place of indices": ("np.flatnonzero(~in_test), np.flatnonzero(in_test)", "~in_test, in_test"),
            "images at random, groups forgotten": (
                "    order = np.random.default_rng(seed).permutation(len(groups))\n"
                "    count = int(np.ceil(test_share * len(groups)))\n"
                "    return order[count:], order[:count]"
            ),
        },
        inputs=lambda rng: (
            rng.integers(0, 6, rng.integers(2, 20)),
            rng.choice([0.2, 0.25, 0.5]),
            int(rng.integers(5)),
        ),
    ),
    "new-gardens": Case(
        also=[
            'plan = dict(train=["A", "E", "F"], val=("B", "D"), test=("C",))',
            'plan = {"train": list("FC"), "val": list("AE"), "test": list("DB")}',
            'plan = {"train": "BDF", "val": "EA", "test": "C"}',
        ],
        wrong={
            "a garden in two sets": ('["A", "E"]', '["A", "E", "B"]'),
            "all gardens everywhere": (
                'plan = {"train": list("ABCDEF"), "val": list("ABCDEF"), "test": list("ABCDEF")}'
            ),
            "a garden left out": ('"B", "D", "F"', '"B", "F"'),
            "right size, but no oak": ('plan = {"train": ["B", "E", "F"], "val": ["C"], "test": ["A", "D"]}'),
            "all trees, but too small a test set": (
                'plan = {"train": ["A", "B", "F"], "val": ["C"], "test": ["D", "E"]}'
            ),
            "all trees, but too large a test set": (
                'plan = {"train": ["A", "B", "D", "E"], "val": ["C"], "test": ["F"]}'
            ),
            "gardens counted, not photos": ('plan = {"train": ["A", "B", "C", "F"], "val": ["D"], "test": ["E"]}'),
        },
    ),
}
