"""Needful beside what a user would pick instead: the same documents, questions, vectors and engine, one run.

Every peer is installed from the package registry into a virtual environment of its own, outside the repository
(`$NEEDFUL_PEERS`, else the user's cache), and runs in a process of its own. A tool that cannot run is a row that says
why. `--write` stores the figures in `benchmarks/results/peers.json` and writes `docs/benchmarks.md` with its charts;
`--render` writes page and charts from the stored figures.

    python benchmarks/peers/run.py [--documents 200] [--questions 100] [--only NAME …] [--write | --render]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "benchmarks"))

from peers import environments, page  # noqa: E402  # benchmarks/ is not installed
from peers.embedding import Embedding, rarities  # noqa: E402
from peers.measuring import WARM, Trial, measured  # noqa: E402
from peers.planting import Question, contexts, letters, names_of, questions_of  # noqa: E402
from peers.rows import ROWS, Row  # noqa: E402
from peers.talking import Failed  # noqa: E402

RESULTS = REPOSITORY / "benchmarks" / "results" / "peers.json"
TEXTS = "tatqa/dev.json"
NAMES = "pii/presidio_synth_EVALONLY.jsonl"
K = 4
CORES = Path("/proc/stat")


def trial(data: Path, documents: int, questions: int) -> Trial:
    """Documents, and the first questions whose answering document the vectors bring among the first k."""
    read = contexts(data / TEXTS)
    written = letters(read, documents, names_of(data / NAMES))
    weights = rarities(one.text for one in written)
    embedding = Embedding(weights)
    vectors = embedding.embed_documents([one.text for one in written])
    asked: list[Question] = []
    found: list[list[int]] = []
    for one in questions_of(read, written):
        best = nearest(embedding.embed_query(one.text), vectors)
        if one.document in best and len(asked) < questions:
            asked.append(one)
            found.append(best)
    return Trial(written, asked, weights, unseen(found, nearest(embedding.embed_query(WARM), vectors)), K)


def nearest(query: Sequence[float], vectors: Sequence[Sequence[float]]) -> list[int]:
    """The k documents of the highest cosine; the vectors have length 1."""
    scores = [sum(map(float.__mul__, query, vector)) for vector in vectors]
    return sorted(range(len(vectors)), key=lambda number: -scores[number])[:K]


def unseen(found: Sequence[Sequence[int]], before: Sequence[int]) -> frozenset[int]:
    """The questions none of whose documents an earlier question had brought."""
    known, fresh = set(before), set()
    for place, numbers in enumerate(found):
        if known.isdisjoint(numbers):
            fresh.add(place)
        known.update(numbers)
    return frozenset(fresh)


def result(row: Row, given: Trial, *, verbose: bool) -> dict[str, Any]:
    """The figures of a row, or the reason why there are none."""
    described = {"name": row.name, "licence": row.licence, "note": row.note}
    try:
        python = environments.ready(row.environment, model=row.model) if row.environment else Path(sys.executable)
        return {**described, **measured(row, python, given, verbose=verbose)}
    except environments.Missing as missing:
        reason = str(missing)
    except Failed as failed:
        reason = f"failed: {failed}"
    return {**described, "missing": reason}


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("NEEDFUL_DATA") or REPOSITORY.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(data), help="the folder that has tatqa/ and pii/")
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=[row.name for row in ROWS], help="only these rows")
    parser.add_argument("--verbose", action="store_true", help="show what the peers write to standard error")
    written = parser.add_mutually_exclusive_group()
    written.add_argument("--write", action="store_true", help="store the figures, write the page; all rows only")
    written.add_argument("--render", action="store_true", help="write the page from the stored figures")
    chosen = parser.parse_args()
    if chosen.write and chosen.only:
        parser.error("--write is for all rows: without --only")
    return chosen


def busy_cores(seconds: float = 5.0) -> float | None:
    """How many cores others keep busy just now; None where Linux does not say.

    A load average would still have in it what ran a minute ago, such as the benchmark before this one.
    """
    if not CORES.is_file():
        return None
    before = ticks()
    time.sleep(seconds)
    spent = [after - former for former, after in zip(before, ticks(), strict=True)]
    return (os.cpu_count() or 1) * (1 - sum(spent[3:5]) / (sum(spent) or 1))


def ticks() -> list[int]:
    """The time of all cores so far: user, nice, system, idle, waiting for disks, and more (proc(5))."""
    return [int(count) for count in CORES.read_text("ascii").splitlines()[0].split()[1:9]]


def main() -> None:
    """Measure and print, or write."""
    chosen = options()
    if chosen.render:
        page.render(json.loads(RESULTS.read_text("utf-8")), REPOSITORY)
        return
    missing = [name for name in (TEXTS, NAMES) if not (chosen.data / name).is_file()]
    if missing:
        print(f"{' and '.join(missing)} not here: give --data or NEEDFUL_DATA; nothing was measured")
        return
    given = trial(chosen.data, chosen.documents, chosen.questions)
    rows = [row for row in ROWS if not chosen.only or row.name in chosen.only]
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "engine": f"qdrant-edge-py {version('qdrant-edge-py')}",
        # Times taken beside other work say little: the page shows this.
        "load": busy_cores(),
        "documents": chosen.documents,
        "questions": len(given.questions),
        "unseen": len(given.unseen),
        "planted": len(given.values),
        "k": K,
        "rows": [],
    }
    for row in rows:
        print(f"measuring {row.name}", file=sys.stderr)
        figures["rows"].append(result(row, given, verbose=chosen.verbose))
    figures = page.rounded(figures)
    if chosen.write:
        RESULTS.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
        page.render(figures, REPOSITORY)
    print(page.as_text(figures))


if __name__ == "__main__":
    main()
