"""Results as Markdown: the tables of docs/design/performance.md with our column filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from benchmarks import starting
from benchmarks.frameworks import LIMIT, OURS
from benchmarks.results import Figures, Results, best_peer, ratio
from benchmarks.scenarios import SCENARIOS, Scenario

NONE = "-"


def render(results: Results) -> str:
    """Every table there are figures for, as Markdown."""
    figures = results.figures
    tables = []
    if "time" in figures or "count" in figures:
        tables.append(in_process(results.versions, figures.get("time", {}), figures.get("count", {})))
    if "http" in figures:
        tables.append(over_http(results.versions, figures["http"]))
    if "start" in figures:
        tables.append(starts(results.versions, figures["start"], slowness(figures.get("time", {}))))
    if "path" in figures:
        tables.append(distances(results.versions, figures["path"]))
    return "\n\n".join(tables) + "\n"


def in_process(versions: Mapping[str, str], times: Figures, counts: Figures) -> str:
    """Microseconds and thousands of instructions; "x limit" is by instructions where counted, "x best peer" by time."""
    slower = slowness(times)
    head = ["scenario", *map(_heading, versions.items()), "x limit", "x best peer", "target", "met"]
    rows = []
    for name in dict.fromkeys([*times, *counts]):
        scenario, time, instructions = SCENARIOS[name], times.get(name, {}), counts.get(name, {})
        cells = [_pair(time.get(each), instructions.get(each)) for each in versions]
        # Time decides between two frameworks; instructions are what is stable enough to compare with the limit.
        peers = time if best_peer(time) is not None else instructions
        targets = f"≤ {number(scenario.most_time)} / {number(scenario.most_count)}k"
        met = _met(scenario, time.get(OURS), instructions.get(OURS), slower)
        rows.append([scenario.title, *cells, times_of(instructions or time, LIMIT), _of_best(peers), targets, met])
    table = _markdown(head, rows)
    if not times:
        return table
    return f"{table}\n\nThe limit takes {slower:.1f} times as long here as where the targets were set; so may Nexios."


def slowness(times: Figures) -> float:
    """How many times as long the limit takes on this machine as on that of the targets: the median of its rows."""
    known = [
        seconds * 1e6 / scenario.limit_time
        for name, row in times.items()
        if (scenario := SCENARIOS[name]).limit_time is not None and (seconds := row.get(LIMIT)) is not None
    ]
    return median(known) if known else 1.0


def over_http(versions: Mapping[str, str], rates: Figures) -> str:
    """Rates as a share of bare ASGI's, whose own column has requests per second."""
    head = ["over HTTP", *map(_heading, versions.items()), "x best peer", "target", "met"]
    rows = []
    for name, row in rates.items():
        scenario, limit = SCENARIOS[name], row.get(LIMIT)
        cells = [_rate(each, row.get(each), limit) for each in versions]
        share, least = ratio(row, LIMIT), scenario.least_http
        met = NONE if share is None or least is None else _yes(share >= least)
        rows.append([scenario.title, *cells, times_of(row, best_peer(row, more=True)), f"≥ {least}", met])
    return _markdown(head, rows)


def starts(versions: Mapping[str, str], figures: Figures, slower: float = 1.0) -> str:
    """Milliseconds, whose targets are those of a machine that is so many times *slower*, and megabytes."""
    head = ["start", *map(_heading, versions.items()), "x best peer", "target", "met"]
    rows = []
    for name, row in figures.items():
        most, ours = starting.TARGETS[name], row.get(OURS)
        met = NONE if ours is None else _yes(ours <= most * (slower if name in starting.TIMES else 1.0))
        cells = [number(row.get(each)) for each in versions]
        rows.append([name, *cells, _of_best(row), f"≤ {number(most)}", met])
    return _markdown(head, rows)


def distances(versions: Mapping[str, str], figures: Figures) -> str:
    """What a reader of one warm request has to follow."""
    head = ["one warm `GET /items/7`", *map(_heading, versions.items())]
    return _markdown(head, [[name, *(number(row.get(each)) for each in versions)] for name, row in figures.items()])


def number(value: float | None) -> str:
    """Two significant digits below ten, whole numbers with thin groups above."""
    if value is None:
        return NONE
    return f"{value:.2g}" if abs(value) < 10 else f"{value:,.0f}".replace(",", " ")


def times_of(figures: Mapping[str, float | None], other: str | None) -> str:
    value = ratio(figures, other)
    return NONE if value is None else f"{value:.2f}"


def _of_best(figures: Mapping[str, float | None]) -> str:
    best = best_peer(figures)
    return NONE if best is None else f"{times_of(figures, best)} {best}"


def _heading(framework: tuple[str, str]) -> str:
    name, version = framework
    return f"{name} ({version})" if name == LIMIT else f"{name} {version}"


def _pair(seconds: float | None, instructions: float | None) -> str:
    known = [] if seconds is None else [number(seconds * 1e6)]
    if instructions is not None:
        known.append(f"{number(instructions / 1e3)}k")
    return " / ".join(known) or NONE


def _rate(framework: str, rate: float | None, limit: float | None) -> str:
    if rate is None:
        return NONE
    return f"{rate / limit:.2f}" if limit is not None and framework != LIMIT else f"{number(rate)}/s"


def _met(scenario: Scenario, seconds: float | None, instructions: float | None, slower: float) -> str:
    met = {}
    if seconds is not None:
        met["time"] = seconds * 1e6 <= scenario.most_time * slower
    if instructions is not None:
        met["count"] = instructions / 1e3 <= scenario.most_count
    if len(set(met.values())) == 2:
        return next(f"{figure} only" for figure, is_met in met.items() if is_met)
    return _yes(all(met.values())) if met else NONE


def _yes(met: bool) -> str:
    return "yes" if met else "**no**"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
