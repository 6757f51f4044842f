"""Measure the rule of next ranges, and importance, on searches with Optuna's TPE.

Each search minimizes a random quadratic of 4 to 8 parameters between 0 and 1, 2 to 4 of
them relevant, with and without noise. Prints how often irrelevant parameters look
important to an adaptive and to a random search. Then it prints, by the number of
trials, how many of the relevant parameters' optima the next ranges exclude, and how
often a second search in them beats one in the old ranges.

Needs Optuna: `uv pip install optuna`. Takes a few minutes.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from importlib import import_module
from random import Random
from statistics import mean
from typing import TYPE_CHECKING, Any

from tests.transform.suggestions import edge_of, importance_of, suggested

if TYPE_CHECKING:
    from collections.abc import Callable

    Span = tuple[float, float]
    Point = list[float]

WHOLE: Span = (0.0, 1.0)
NOISES = (0.0, 0.05)


@dataclass(frozen=True, kw_only=True)
class Quadratic:
    """A function to minimize; its optimum is known.

    Attributes:
        weights: The weight of each parameter; 0 if it is irrelevant.
        optimum: The best value of each parameter.
        noise: The standard deviation of what is added to a value.
    """

    weights: Point
    optimum: Point
    noise: float

    def value(self, point: Point) -> float:
        """The value at a point, without noise."""
        terms = zip(self.weights, point, self.optimum, strict=True)
        return sum(weight * (x - best) ** 2 for weight, x, best in terms)


def quadratic(random: Random, noise: float) -> Quadratic:
    """A random quadratic."""
    count = random.randint(4, 8)
    relevant = random.sample(range(count), random.randint(2, 4))
    return Quadratic(
        weights=[
            random.uniform(0.5, 2) if number in relevant else 0.0
            for number in range(count)
        ],
        optimum=[random.uniform(0, 1) for _ in range(count)],
        noise=noise,
    )


def search(
    problem: Quadratic, spans: list[Span], trials: int, seed: int, *, adaptive: bool
) -> list[tuple[Point, float]]:
    """The points that a search tried, with their noisy values."""
    optuna = import_module("optuna")  # optional
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    random = Random(seed)  # noqa: S311 - no secret
    samplers = optuna.samplers
    kind = samplers.TPESampler if adaptive else samplers.RandomSampler
    study = optuna.create_study(sampler=kind(seed=seed))
    tried = []

    def objective(trial: Any) -> float:
        point = [
            trial.suggest_float(f"x{number}", low, high)
            for number, (low, high) in enumerate(spans)
        ]
        value = problem.value(point) + random.gauss(0, problem.noise)
        tried.append((point, value))
        return value

    study.optimize(objective, n_trials=trials)
    return tried


def next_spans(tried: list[tuple[Point, float]]) -> list[Span]:
    """The next range of each parameter, by the models' rule."""
    ordered = [point for point, _ in sorted(tried, key=lambda each: each[1])]
    fifth = ordered[: max(5, math.ceil(len(ordered) / 5))]
    tenth = ordered[: max(3, math.ceil(len(ordered) / 10))]
    old = {"MinValue": str(WHOLE[0]), "MaxValue": str(WHOLE[1])}
    spans = []
    for number in range(len(ordered[0])):
        side = edge_of(old, [point[number] for point in tenth])
        good = [point[number] for point in fifth]
        spans.append(suggested("continuous", old, good, side) or WHOLE)
    return spans


def former_spans(tried: list[tuple[Point, float]]) -> list[Span]:
    """The next range of each parameter, by the rule of 0.2.0."""
    ordered = [point for point, _ in sorted(tried, key=lambda each: each[1])]
    tenth = ordered[: max(3, math.ceil(len(ordered) / 10))]
    old = {"MinValue": str(WHOLE[0]), "MaxValue": str(WHOLE[1])}
    spans = []
    for number in range(len(ordered[0])):
        good = [point[number] for point in tenth]
        side = edge_of(old, good)
        margin = max((max(good) - min(good)) / 4, 0.05)
        low = -0.2 if side == "low" else max(min(good) - margin, WHOLE[0])
        high = 1.2 if side == "high" else min(max(good) + margin, WHOLE[1])
        spans.append((low, high))
    return spans


RULES: dict[str, Callable[[list[tuple[Point, float]]], list[Span]]] = {
    "former": former_spans,
    "now": next_spans,
}


def excluded(problem: Quadratic, spans: list[Span]) -> list[bool]:
    """For each relevant parameter, whether its optimum is outside of its range."""
    every = zip(problem.weights, problem.optimum, spans, strict=True)
    return [
        not low <= best <= high for weight, best, (low, high) in every if weight > 0
    ]


def is_better(problem: Quadratic, spans: list[Span], trials: int, seed: int) -> float:
    """Whether a second search finds more in new ranges than in the old: 0, 0.5 or 1."""
    bests = [
        min(
            problem.value(point)
            for point, _ in search(problem, ranges, trials, seed, adaptive=True)
        )
        for ranges in (spans, [WHOLE] * len(spans))
    ]
    return 0.5 if bests[0] == bests[1] else float(bests[0] < bests[1])


def measure_ranges(counts: list[int], runs: int) -> None:
    """Print a line per number of trials, noise and rule."""
    for trials in counts:
        for noise in NOISES:
            problems = [
                quadratic(Random(run), noise)  # noqa: S311 - no secret
                for run in range(runs)
            ]
            firsts = [
                search(each, [WHOLE] * len(each.weights), trials, run, adaptive=True)
                for run, each in enumerate(problems)
            ]
            for name, rule in RULES.items():
                spans = [rule(first) for first in firsts]
                pairs = list(zip(problems, spans, strict=True))
                out = [is_out for pair in pairs for is_out in excluded(*pair)]
                wins = [
                    is_better(*pair, trials, 1000 + run)
                    for run, pair in enumerate(pairs)
                ]
                print(  # noqa: T201
                    f"{trials} trials, noise {noise}, rule {name}: "
                    f"excludes {mean(out):.0%} of the optima, wins {mean(wins):.0%}",
                    flush=True,
                )


def measure_importance(runs: int, trials: int = 50) -> None:
    """Print how important three irrelevant parameters of six look."""
    for adaptive in (True, False):
        seen = []
        for run in range(runs):
            random = Random(run)  # noqa: S311 - no secret
            problem = Quadratic(
                weights=[1.0, 1.0, 1.0, 0.0, 0.0, 0.0],
                optimum=[random.uniform(0, 1) for _ in range(6)],
                noise=NOISES[1],
            )
            tried = search(problem, [WHOLE] * 6, trials, run, adaptive=adaptive)
            for number in (3, 4, 5):
                rows = [
                    {"number": point[number], "value": "", "objective_value": value}
                    for point, value in tried
                ]
                seen.append(importance_of(rows, is_numeric=True))
        above = mean((each["importance"] or 0) > 0.1 for each in seen)  # noqa: PLR2004
        chance = mean(
            (each["importance"] or 0) > (each["chance_level"] or 0) for each in seen
        )
        print(  # noqa: T201
            f"{'TPE' if adaptive else 'random'}, {trials} trials: importance of "
            f"irrelevant parameters above 0.1: {above:.0%}, above chance: {chance:.0%}"
        )


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(
        prog="python -m tap_tools.benchmarks.ranges", description=__doc__
    )
    parser.add_argument("--runs", type=int, default=40, help="searches per case")
    parser.add_argument(
        "--trials", type=int, nargs="+", default=[10, 15, 20, 30, 50], help="per search"
    )
    options = parser.parse_args()
    measure_importance(options.runs)
    measure_ranges(options.trials, options.runs)


if __name__ == "__main__":
    main()
