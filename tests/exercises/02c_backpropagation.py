"""What the checkers of 02c_backpropagation are tried on."""

from tests.exercises import Case

CASES = {
    "leaky-relu": Case(
        also=[],
        wrong={
            "mistake 0": ("1.0, 0.1) * d_y", "1.0, 0.1)"),
            "mistake 1": ("z > 0", "d_y > 0"),
            "mistake 2": ("np.where(z > 0, 1.0, 0.1) * d_y", "np.where(z > 0, z, 0.1 * z)"),
            "mistake 3": ("np.where(z > 0, 1.0, 0.1) * d_y", "np.maximum(np.where(z > 0, 1.0, 0.1) * d_y, 0)"),
        },
    ),
    "nesterov": Case(
        also=[],
        wrong={
            "mistake 0": ('keep * memory["velocity"] - learning_rate * gradient', 'memory["velocity"]'),
            "mistake 1": ("weight + keep", "weight + 0.9"),
            "mistake 2": ('memory["velocity"] = keep * memory.get("velocity", 0.0)', 'memory["velocity"] = 0'),
        },
    ),
}
