"""Nanoseconds per respondent for the class likelihood with its gradient, on one core.

Times are processor times, the best of several: what other programs take from the machine only adds to them. The kernel
is called from compiled code, as it is in a fit, and writes the gradient by the logits over the logits.
"""

from __future__ import annotations

import time

import matplotlib
import numba
import numpy as np
from common import RESULTS, Results, table

from latentclass.graph import kernels
from latentclass.graph.packing import Packing

SIZES = (1_000, 10_000, 100_000, 1_000_000)
REPEATS = 5


def problem(n: int, n_items: int, n_classes: int, n_levels: int = 5) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(1)
    table = np.log(rng.dirichlet(np.ones(n_levels), size=(n_items, n_classes))).transpose(0, 2, 1)
    packing = Packing(
        offsets=tuple(range(0, n_items * n_levels, n_levels)), sizes=tuple(n_levels for _ in range(n_items))
    )
    answers = packing.pack(rng.integers(0, n_levels, size=(n, n_items)))
    logits = rng.normal(size=(n, n_classes))
    return logits, table.reshape(-1, n_classes), answers, packing.members, np.ones(1)


@numba.njit
def repeatedly(times: int, logits: np.ndarray, *others: np.ndarray) -> None:
    for _ in range(times):
        kernels.overwriting_likelihood(logits, *others)


def nanoseconds(n: int, n_items: int, n_classes: int) -> float:
    arguments, times = problem(n, n_items, n_classes), max(1, 100_000 // n)
    repeatedly(times, *arguments)
    best, until = np.inf, time.perf_counter() + 1.0
    while time.perf_counter() < until:
        start = time.thread_time()
        repeatedly(times, *arguments)
        best = min(best, time.thread_time() - start)
    return best / (n * times) * 1e9


def main() -> None:
    results = Results("gradient")
    cases = (
        [(n, 12, 4) for n in SIZES] + [(10_000, j, 4) for j in (3, 6, 24, 48)] + [(10_000, 12, k) for k in (2, 3, 6, 8)]
    )
    for repeat in range(REPEATS):
        for n, n_items, n_classes in cases:
            key = {"n": n, "items": n_items, "classes": n_classes, "repeat": repeat}
            results.measured(key, lambda n=n, j=n_items, k=n_classes: {"nanoseconds": nanoseconds(n, j, k)})
    frame = results.frame()
    print(table(frame, ["items", "classes"], "n", "nanoseconds").to_string())
    standard = frame[(frame["items"] == 12) & (frame["classes"] == 4)].groupby("n")["nanoseconds"].min()
    print(f"12 items, 4 classes: {standard.max() / standard.min():.2f} between the dearest and the cheapest n")
    draw(frame)


def draw(frame) -> None:
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    best = frame.groupby(["n", "items", "classes"])["nanoseconds"].min().reset_index()
    figure, axes = plt.subplots(1, 3, figsize=(9.0, 2.8), layout="constrained", sharey=True)
    chosen = (
        ("n", best[(best["items"] == 12) & (best["classes"] == 4)], "respondents\n(12 items, 4 classes)"),
        ("items", best[(best["n"] == 10_000) & (best["classes"] == 4)], "items\n(10 000 respondents, 4 classes)"),
        ("classes", best[(best["n"] == 10_000) & (best["items"] == 12)], "classes\n(10 000 respondents, 12 items)"),
    )
    for axis, (name, own, label) in zip(axes, chosen, strict=True):
        own = own.sort_values(name)
        axis.plot(own[name], own["nanoseconds"], marker="o", color="#1f5a7a")
        axis.set_xlabel(label)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_xscale("log")
    axes[0].set_ylim(bottom=0)
    axes[0].set_ylabel("ns per respondent")
    figure.savefig(RESULTS / "gradient.png", dpi=150)
    print(f"picture: {RESULTS / 'gradient.png'}")


if __name__ == "__main__":
    main()
