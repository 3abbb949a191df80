"""What the checkers of 03_mnist_cnn are tried on."""

from tests.exercises import Case


def photo(rng):
    """Return a small grey image whose border is mostly dark or mostly bright."""
    image = rng.choice([0, 51, 204, 255], (rng.integers(3, 6), rng.integers(3, 6))).astype("uint8")
    if rng.random() < 0.7:
        image[0], image[-1] = rng.choice([0, 255], 2)
    return (image,)


def study(rng):
    """Return parts, minutes a run, and a budget that often fits exactly."""
    parts = list("abcd")[: rng.integers(0, 4)]
    return parts, int(rng.integers(1, 4)), int(rng.integers(0, 50))


CASES = {
    "fewer-layers": Case(
        also=["without_pooling = 96_266\nwith_padding = 50_186.0", "without_pooling, with_padding = 96266, 50186"],
        wrong={
            "fewer layers, fewer parameters": "without_pooling, with_padding = 18_826, 50_186",
            "no change without pooling": ("11 * 11", "5 * 5"),
            "no biases": "without_pooling, with_padding = 96_160, 50_080",
            "size of the first layers": ("11 * 11", "13 * 13"),
            "padding in one convolution only": ("7 * 7", "6 * 6"),
            "padding without effect": ("7 * 7", "5 * 5"),
        },
    ),
    "which-step": Case(
        also=[
            'significant = {"E", "C", "A"}\nundecided = "B"\nseeds = 64.0',
            'significant, undecided, seeds = "ACE", "B", np.float32(64)',
        ],
        wrong={
            "the largest gains": ('"A", "C", "E"', '"A", "E", "B"'),
            "a small gain left out": ('"A", "C", "E"', '"A", "E"'),
            "a loss taken for significant": ('"A", "C", "E"', '"A", "C", "D", "E"'),
            "the smallest effect": ('undecided = "B"', 'undecided = "D"'),
            "a quarter of the width, four times the seeds": ("seeds = 64", "seeds = 16"),
            "as many times, not as many": ("seeds = 64", "seeds = 8"),
        },
    ),
    "bright-ink": Case(
        also=[
            "    edge = [*image[0], *image[-1], *image[1:-1, 0], *image[1:-1, -1]]\n"
            "    bright = np.mean(np.asarray(edge) > 127) > 0.5\n"
            "    return np.float32(255 - image if bright else image) / np.float32(255)",
        ],
        wrong={
            "most of the image decides": ("np.median(border)", "np.median(scaled)"),
            "inverts always": ("1 - scaled if np.median(border) > 0.5 else scaled", "1 - scaled"),
            "not scaled": (" / 255", ""),
            "one corner decides": ("np.median(border)", "scaled[0, 0]"),
            "black and white only": ('image.astype("float32") / 255', '(image > 127).astype("float32")'),
            "zeros of the right shape": "    return np.zeros(image.shape, dtype=np.float32)",
        },
        inputs=photo,
    ),
    "one-part": Case(
        also=[
            "    runs, seed = [], 0\n"
            "    while minutes * (seed + 1) * (len(parts) + 1) <= budget:\n"
            "        runs += [[part, seed] for part in [*parts, None]]\n"
            "        seed += 1\n"
            "    return runs if seed >= 3 else ()",
        ],
        wrong={
            "the whole network forgotten": ("[None, *parts]", "parts or [None]"),
            "only the whole network and none": ("[None, *parts]", '[None, "dropout", "smoothing"]'),
            "another seed for each network": ("for seed in range(seeds)]", "for seed in [networks.index(part)]]"),
            "seeds not shared among networks": ("minutes * len(networks)", "minutes"),
            "two seeds are enough": ("seeds < 3", "seeds < 2"),
            "three seeds, whatever the budget": ("range(seeds)", "range(3)"),
            "rounded up": ("budget // (minutes * len(networks))", "-(-budget // (minutes * len(networks)))"),
        },
        inputs=study,
    ),
}
