# SPDX-License-Identifier: Apache-2.0
"""Images to train briefly on, to calibrate with and to test with: a pattern for each of ten classes, and disturbances."""

import numpy as np

CLASSES = 10


def training_steps(architecture):
    """Deep networks of narrow layers take longer until their classes are apart."""
    return 300 if architecture in ("mobilenet_v1", "mobilenet_v2", "shufflenet_v2", "mobilenet_v3") else 100


def waves(rng, shape):
    """Three plane waves of random direction, length and height."""
    grid = np.meshgrid(*(np.linspace(0, 1, size) for size in shape), indexing="ij")
    made = np.zeros(shape)
    for _ in range(3):
        frequency = rng.uniform(0.5, 3, len(shape))
        angle = rng.uniform(0, 6.3) + sum(6.3 * f * g for f, g in zip(frequency, grid))
        made += rng.uniform(0.3, 0.8) * np.sin(angle)
    return made


def images(count, shape, seed):
    """[count, *shape] floats of about the spread of normalized pictures, and their classes."""
    patterns = np.random.default_rng(99)
    patterns = np.stack([waves(patterns, shape) for _ in range(CLASSES)])
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, CLASSES, count)
    disturbances = np.stack([waves(rng, shape) for _ in range(count)])
    noise = rng.standard_normal((count, *shape))
    return (patterns[classes] + 0.7 * disturbances + 0.2 * noise).astype(np.float32), classes
