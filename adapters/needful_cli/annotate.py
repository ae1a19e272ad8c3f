"""`needful annotate`: what detection finds, kept beside the texts of a collection, so that no question pays for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from needful.errors import StoreError
from needful_cli.common import CollectionFlag, JsonFlag, PolicyFlag, QdrantFlag, examples, policy_at
from needful_cli.failures import INCOMPLETE, usage_error
from needful_cli.opening import opened
from needful_cli.output import print_json, say

if TYPE_CHECKING:
    from needful.policy import Policy
    from needful_qdrant import annotating

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = examples(
        "needful annotate --qdrant ./qdrant --collection tickets --policy customer-service",
        "needful annotate --qdrant http://localhost:6333 --collection notes --policy p.yaml --processes 8 --rate 500",
        "needful annotate --qdrant ./qdrant --collection tickets --policy customer-service --stale --dry-run",
    )
    app.command("annotate", epilog=epilog)(_annotate)


def _annotate(
    qdrant: QdrantFlag,
    collection: CollectionFlag,
    policy: PolicyFlag,
    stale: Annotated[
        bool,
        typer.Option(
            "--stale",
            help="Only points that lack the annotations of a detector of this policy, after it or a model changed.",
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be written; write nothing.")] = False,
    processes: Annotated[
        int, typer.Option("--processes", metavar="N", min=1, help="How many processes search texts.")
    ] = 1,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="POINTS", help="Write at most so many points a second.")
    ] = None,
    batch: Annotated[
        int, typer.Option("--batch", metavar="POINTS", min=1, max=10_000, help="Points that are written at a time.")
    ] = 64,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="FILE", help="Keep how far it came in this file, and go on from there."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Search the texts of a collection once, and keep what was found beside them.

    Questions under this policy then need no detection, as long as text, findings and detector are what they were. A
    second run writes nothing where nothing changed; one that was cut off is run again. Exit code 9 says that points
    are left without annotations: their texts are searched at every question. --json prints {"points", "current",
    "written", "faults", "contended", "gone", "dry_run"}.
    """
    if rate is not None and not 0 < rate < float("inf"):
        raise usage_error("--rate is not a number above 0")
    loaded = policy_at(policy)
    from needful_qdrant.annotating import Run

    run = Run(stale=stale, dry=dry_run, batch=batch, rate=rate)
    done = _resumed(qdrant, collection, loaded, processes, run, resume)
    if as_json:
        print_json({"points": done.points, **asdict(done), "dry_run": dry_run})
    else:
        _say(done, dry=dry_run)
    if not done.complete:
        raise typer.Exit(INCOMPLETE)


def _resumed(
    qdrant: str, collection: str, policy: Policy, processes: int, run: annotating.Run, resume: Path | None
) -> annotating.Annotated:
    from needful_qdrant.annotating import Recipe
    from needful_qdrant.progress import Progress

    recipe = Recipe(policy, collection, qdrant if "://" in qdrant else None)
    if resume is not None:
        progress = Progress(resume, recipe.keys, collection, policy.digest, "stale" if run.stale else "all")
        run = replace(run, progress=progress)
    try:
        return _run(qdrant, recipe, processes, run)
    except StoreError as error:
        if error.code != "progress-file":
            raise
        problem, hint = error.message, error.hint
    raise usage_error(f"--resume: {problem}", hint)


def _run(qdrant: str, recipe: annotating.Recipe, processes: int, run: annotating.Run) -> annotating.Annotated:
    from needful_qdrant.annotating import annotate, annotate_in_processes

    with opened(qdrant) as client, _shown(run) as shown:
        if processes > 1 and not run.dry:
            return annotate_in_processes(client, recipe.collection, recipe, processes, shown)
        return annotate(client, recipe.collection, recipe.annotator(), recipe.policy.layout, shown)


@contextmanager
def _shown(run: annotating.Run) -> Iterator[annotating.Run]:
    """A bar on stderr, where somebody looks at it."""
    if not sys.stderr.isatty():
        yield run
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("annotating", total=None)
        yield replace(
            run,
            begin=lambda total: progress.update(task, total=total),
            advance=partial(progress.advance, task),
        )


def _say(done: annotating.Annotated, *, dry: bool) -> None:
    if dry:
        say(f"{done.written} of {done.points} points would be annotated; nothing was written")
        return
    say(f"annotated {done.written} of {done.points} points; {done.current} had it already")
    for count, what in (
        (done.faults, "could not be searched, and are left as they were"),
        (done.contended, "were changed by others at every attempt: run it again"),
        (done.gone, "were deleted meanwhile"),
    ):
        if count:
            say(f"{count} points {what}")
