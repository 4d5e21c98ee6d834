"""Timing of two sides in turn, so that what else the machine does hits both alike."""
import statistics
import time

from sides import cpu_seconds


class Plan:
    """How long to measure: `rounds` of about `seconds` for each side and row."""

    def __init__(self, rounds, seconds, rough=False):
        self.rounds = rounds
        self.seconds = seconds
        self.rough = rough  # what takes long is left out


class Figure:
    """Medians over the rounds: how many a second, and processor seconds for one."""

    def __init__(self, samples):
        self.rate = statistics.median(count / wall for count, wall, _ in samples)
        self.cpu = statistics.median(cpu / count for count, _, cpu in samples)


def sample(work, pid, count):
    cpu, start = cpu_seconds(pid), time.monotonic()
    work(count)
    wall = time.monotonic() - start
    return count, wall, cpu_seconds(pid) - cpu


def calibrate(work, pid, seconds, count):
    """How many take about `seconds`; warms everything up on the way."""
    while True:
        _, wall, _ = sample(work, pid, count)
        if wall > seconds / 5:
            return max(1, int(count * seconds / wall))
        count *= 4


def compare(plan, works, first=10):
    """`works`: {side: (function of a count, pid it costs)}; returns {side: Figure}."""
    counts = {side: calibrate(*works[side], plan.seconds, first) for side in works}
    samples = {side: [] for side in works}
    for _ in range(plan.rounds):
        for side, (work, pid) in works.items():
            samples[side].append(sample(work, pid, counts[side]))
    return {side: Figure(samples[side]) for side in works}
