"""What the checkers of 02_cnn_math are tried on."""

from tests.exercises import Case

CASES = {
    "how-deep": Case(
        also=[
            "plain, pooled, dilated = np.int64(32), np.int64(5), np.int64(6)",
            "plain = 64 // 2\npooled, dilated = 5.0, 6.0",
        ],
        wrong={
            "one pixel short": ("plain = 32", "plain = 31"),
            "3 pixels for each convolution": ("plain = 32", "plain = 22"),
            "one pixel for each convolution": ("plain = 32", "plain = 63"),
            "halved until one pixel is left": ("pooled = 5", "pooled = 6"),
            "the pooling before the convolution": ("pooled = 5", "pooled = 4"),
            "poolings counted as well": ("pooled = 5", "pooled = 9"),
            "63 taken for 64": ("dilated = 6", "dilated = 5"),
            "pooling and dilation swapped": ("pooled = 5\ndilated = 6", "pooled = 6\ndilated = 5"),
        },
    ),
    "back-from-map": Case(
        also=[
            "bright_rows, bright_columns = [2, 4], [3, 6]",
            "bright_rows = np.array([2.0, 4.0])\nbright_columns = np.array([3, 6])",
        ],
        wrong={
            "rows of the map": ("(2, 4)", "(0, 4)"),
            "places in the map": ("(3, 6)", "(1, 6)"),
            "where the map is zero": ("(3, 6)", "(3, 4)"),
            "a column too far to the left": ("(3, 6)", "(2, 5)"),
            "the middle of the window, for the rows": ("(2, 4)", "(1, 5)"),
            "counted from 1": ("(2, 4)\nbright_columns = (3, 6)", "(3, 5)\nbright_columns = (4, 7)"),
            "the end excluded": ("(3, 6)", "(3, 7)"),
            "rows and columns swapped": ("(2, 4)\nbright_columns = (3, 6)", "(3, 6)\nbright_columns = (2, 4)"),
        },
    ),
    "diagonal-kernel": Case(
        also=[
            "    return [[2, -1, -1], [-1, 0, 1], [-1, 1, 0]]",
            "    return np.outer([1, 0, -1], [1, 0, -1]) / 4",
        ],
        wrong={
            "the line itself": ("[1, 0, -1], [0, 0, 0], [-1, 0, 1]", "[1, 0, 0], [0, 1, 0], [0, 0, 1]"),
            "nothing negative for the other line": (
                "[1, 0, -1], [0, 0, 0], [-1, 0, 1]",
                "[2, -1, -1], [-1, 2, -1], [-1, -1, 2]",
            ),
            "rotated by 90 degrees": ("[1, 0, -1], [0, 0, 0], [-1, 0, 1]", "[-1, 0, 1], [0, 0, 0], [1, 0, -1]"),
            "an edge in place of a line": ("[1, 0, -1], [0, 0, 0], [-1, 0, 1]", "[0, 1, 2], [-1, 0, 1], [-2, -1, 0]"),
            "bright on a plain area": ("[1, 0, -1], [0, 0, 0], [-1, 0, 1]", "[1, 0, -1], [0, 1, 0], [-1, 0, 1]"),
            "plain area alone": ("[1, 0, -1], [0, 0, 0], [-1, 0, 1]", "[1, -1, -1], [1, 0, 0], [0, -1, 1]"),
            "vertical lines forgotten": ("[1, 0, -1], [0, 0, 0], [-1, 0, 1]", "[1, 0, -1], [0, 0, 0], [0, -1, 1]"),
            "horizontal lines forgotten": ("[1, 0, -1], [0, 0, 0], [-1, 0, 1]", "[1, 0, 0], [0, 0, -1], [-1, 0, 1]"),
            "2×2": ("[[1, 0, -1], [0, 0, 0], [-1, 0, 1]]", "[[1, -1], [-1, 1]]"),
        },
    ),
    "four-suspects": Case(
        also=[
            "probe_image = [[0] * 5, [0, 0, 1, 0, 0], [0] * 5, [0] * 5, [0] * 5]\nprobe_kernel = [[0, 1], [0, 1]]",
            "probe_image = np.eye(25)[16].reshape(5, 5)\nprobe_kernel = np.array([[0, 0], [1, 1]])",
        ],
        wrong={
            "a single one": ("[[1, 1], [0, 0]]", "[[1, 0], [0, 0]]"),
            "a single one in another corner": ("[[1, 1], [0, 0]]", "[[0, 0], [1, 0]]"),
            "a kernel that is its own rotation": ("[[1, 1], [0, 0]]", "[[1, 0], [0, 1]]"),
            "ones everywhere": ("[[1, 1], [0, 0]]", "[[1, 1], [1, 1]]"),
            "more ones than needed": ("[[1, 1], [0, 0]]", "[[1, 1], [1, 0]]"),
            "two bright pixels": ("[0, 0, 1, 0, 0]", "[0, 0, 1, 1, 0]"),
            "nothing to see": ("[0, 0, 1, 0, 0]", "[0, 0, 0, 0, 0]"),
            "a kernel that needs no extra zeros": ("[[1, 1], [0, 0]]", "[[1, 1, 0], [0, 0, 0], [0, 0, 0]]"),
        },
    ),
    "grey-and-colour": Case(
        also=[
            "    height, width = kernels.shape[:2]\n"
            "    rows, columns = images.shape[1] - height + 1, images.shape[2] - width + 1\n"
            "    result = 0\n"
            "    for i in range(height):\n"
            "        for j in range(width):\n"
            "            result = result + images[:, i : i + rows, j : j + columns] @ kernels[i, j]\n"
            "    return result",
            "    windows = np.lib.stride_tricks.sliding_window_view(images, kernels.shape[:2], axis=(1, 2))\n"
            '    return np.einsum("nrcmij,ijmf->nrcf", windows, kernels)',
            "    height, width, channels, filters = kernels.shape\n"
            "    windows = np.lib.stride_tricks.sliding_window_view(images, (height, width), axis=(1, 2))\n"
            "    table = windows.reshape(*windows.shape[:3], height * width * channels)\n"
            "    return table @ np.moveaxis(kernels, 2, 0).reshape(-1, filters)",
            "    return np.asarray(ops.conv(images, kernels))",
        ],
        wrong={
            "broken as given": ("    windows = np.moveaxis(windows, 3, 5)", "    windows = windows"),
            "channels between height and width": ("np.moveaxis(windows, 3, 5)", "np.moveaxis(windows, 3, 4)"),
            "axes 3 and 5 swapped": ("np.moveaxis(windows, 3, 5)", "np.swapaxes(windows, 3, 5)"),
            "kernels transposed": ("kernels.reshape(-1, filters)", "kernels.reshape(filters, -1).T"),
            "the kernel rotated": ("table @ kernels", "table @ kernels[::-1, ::-1]"),
            "channels of the kernel in reverse": ("table @ kernels", "table @ kernels[:, :, ::-1]"),
            "mean over the channels": (
                "    grey = images.mean(axis=3, keepdims=True)\n"
                "    return conv2d_loops(grey, kernels.mean(axis=2, keepdims=True)) * images.shape[3]"
            ),
            "the right shape, zeros": (
                "    height, width, channels, filters = kernels.shape\n"
                "    return np.zeros((len(images), images.shape[1] - height + 1, images.shape[2] - width + 1, filters))"
            ),
        },
        inputs=lambda rng: (
            rng.integers(0, 5, (2, 4, 5, channels := rng.integers(1, 4))).astype("float64"),
            rng.integers(-2, 3, (2, 3, channels, 2)).astype("float64"),
        ),
    ),
}
