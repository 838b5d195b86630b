"""What a figure shows, as numbers, to be compared with the data that it is drawn from."""

import numpy as np


def curves(panel):
    """Heights of the points of every line of a panel."""
    return [np.asarray(line.get_ydata(), float) for line in panel.lines]


def has_curve(panel, expected):
    """Whether a line of the panel goes through these heights, point by point."""
    expected = np.asarray(expected, float)
    return any(is_same(curve, expected) for curve in curves(panel))


def has_image(panel, expected):
    """Whether a matrix of the panel holds these numbers."""
    expected = np.asarray(expected, float)
    return any(is_same(np.asarray(image.get_array(), float), expected) for image in panel.images)


def points(panel):
    """Heights of all points of all lines of a panel, sorted."""
    return np.sort(np.concatenate([np.ravel(curve) for curve in curves(panel)]))


def texts(panel):
    """Texts that stand in a panel."""
    return [text.get_text() for text in panel.texts]


def is_same(shown, expected):
    return shown.shape == expected.shape and np.allclose(shown, expected, rtol=1e-5, atol=1e-9, equal_nan=True)


def pair_window(rule, lags):
    """Change of a weight by one presynaptic arrival and one postsynaptic spike `lags` s later, under a pair rule
    (tau_pre, tau_post, alpha, beta, gamma, kappa), in closed form."""
    tau_pre, tau_post, alpha, beta, gamma, kappa = (float(value) for value in rule)
    later, earlier = gamma * np.exp(-np.abs(lags) / tau_pre), kappa * np.exp(-np.abs(lags) / tau_post)
    return alpha + beta + np.where(lags > 0, later, earlier)
