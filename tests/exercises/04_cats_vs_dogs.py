"""What the checkers of 04_cats_vs_dogs are tried on."""

from tests.exercises import Case


def beginnings(rng):
    """Return bytes put together from pieces of the formats' first bytes, often right ones."""
    pieces = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"WEBP", b"1234", b"\x89", b"PNG", b"GIF", b"WAVE", b"0")
    chosen = [pieces[at] for at in rng.integers(len(pieces), size=rng.integers(4))]
    return (b"RIFF1234" * int(rng.integers(2)) + b"".join(chosen),)


CASES = {
    "kind-of": Case(
        also=[
            '    starts = (b"\\xff\\xd8\\xff", "jpeg"), (b"\\x89PNG", "png"), (b"GIF8", "gif")\n'
            "    for start, kind in starts:\n"
            "        if content[: len(start)] == start:\n"
            "            return kind\n"
            '    return "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else "unknown"',
            '    if content.startswith(bytes.fromhex("FF D8 FF")):\n'
            '        return "jpeg"\n'
            '    if content.startswith(bytes.fromhex("89 50 4E 47")):\n'
            '        return "png"\n'
            '    if content[:4] == b"GIF8":\n'
            '        return "gif"\n'
            '    return "webp" if content[:4] + content[8:12] == b"RIFFWEBP" else "unknown"',
        ],
        wrong={
            "anywhere in the file": ("content.startswith(start)", "start in content"),
            "one version of GIF": ('b"GIF8"', 'b"GIF89a"'),
            "three letters of GIF": ('b"GIF8"', 'b"GIF"'),
            "PNG without its first byte": ('b"\\x89PNG"', 'b"PNG"'),
            "two bytes of JPEG": ('b"\\xff\\xd8\\xff"', 'b"\\xff\\xd8"'),
            "every RIFF is WebP": (' and content.startswith(b"WEBP", 8)', ""),
            "WEBP without RIFF": ('content.startswith(b"RIFF") and ', ""),
            "WEBP without the length": ('content.startswith(b"WEBP", 8)', 'content.startswith(b"WEBP", 4)'),
            "WEBP anywhere": ('content.startswith(b"WEBP", 8)', 'b"WEBP" in content'),
        },
        inputs=beginnings,
    ),
    "training-stream": Case(
        also=[
            "    return ds.cache().shuffle(1000, seed=seed).batch(4).map(augment).prefetch(2)",
            "    ds = ds.cache().shuffle(len(ds), seed=seed, reshuffle_each_iteration=True)\n"
            "    return ds.batch(4).map(lambda batch: augment(batch))",
        ],
        wrong={
            "broken as given": "    ds = ds.batch(4).map(augment).cache()\n    return ds.shuffle(len(ds), seed=seed)",
            "shuffled before the cache": (
                "    ds = ds.cache()\n    ds = ds.shuffle(len(ds), seed=seed)",
                "    ds = ds.shuffle(len(ds), seed=seed).cache()",
            ),
            "cached at the end": ("ds.batch(4).map(augment)", "ds.batch(4).map(augment).cache()"),
            "whole batches shuffled": (
                "    ds = ds.shuffle(len(ds), seed=seed)\n    return ds.batch(4)",
                "    ds = ds.batch(4)\n    return ds.shuffle(len(ds), seed=seed)",
            ),
            "no cache": ("    ds = ds.cache()\n", ""),
            "no shuffling": ("    ds = ds.shuffle(len(ds), seed=seed)\n", ""),
            "the buffer of a batch": ("ds.shuffle(len(ds), seed=seed)", "ds.shuffle(4, seed=seed)"),
            "a buffer for the example": ("ds.shuffle(len(ds), seed=seed)", "ds.shuffle(12, seed=seed)"),
            "without the seed": (", seed=seed)", ")"),
            "the same order in every epoch": (", seed=seed)", ", seed=seed, reshuffle_each_iteration=False)"),
            "the rest is dropped": ("ds.batch(4)", "ds.batch(4, drop_remainder=True)"),
        },
        inputs=lambda rng: (int(rng.integers(100)), int(rng.integers(5, 13))),
        call="two_epochs",
    ),
    "hundred-batches": Case(
        also=[
            "last_batch, twice, passes = np.int64(16), 1184.0, 47",
            "last_batch = 2000 % 32\ntwice = 37 * 32\npasses = 30 * 100 // 63",
        ],
        wrong={
            "all batches are full": ("16", "32"),
            "what lacks to a full batch, and to 2,000": ("1184", "800"),
            "100 full batches": ("1184", "1200"),
            "38 batches of the second pass": ("1184", "1216"),
            "one pass an epoch": ("47", "30"),
            "96,000 photos in passes of 2,000": ("47", "48"),
        },
    ),
    "log-says": Case(
        also=[
            "saved_by_loss, saved_by_accuracy, p_true = (1, 2, 3), np.array([1, 2, 3, 7]), np.exp(-6.88)",
            "saved_by_loss = list(range(1, 4))\nsaved_by_accuracy = [1, 2, 3, 7]\np_true = 0.001",
        ],
        wrong={
            "the best epoch alone": ("saved_by_loss = [1, 2, 3]", "saved_by_loss = [3]"),
            "the first epoch does not count": ("saved_by_loss = [1, 2, 3]", "saved_by_loss = [2, 3]"),
            "while the training loss falls": ("saved_by_loss = [1, 2, 3]", "saved_by_loss = [1, 2, 3, 4, 5, 6, 7, 8]"),
            "better than the epoch before": ("[1, 2, 3, 7]", "[1, 2, 3, 6, 7]"),
            "equal is saved as well": ("[1, 2, 3, 7]", "[1, 2, 3, 6, 7, 8]"),
            "all photos share the loss": ("0.00103", "0.103"),
            "divided by the share of right answers": ("0.00103", "0.0338"),
            "per cent": ("0.00103", "0.103"),
        },
    ),
}
