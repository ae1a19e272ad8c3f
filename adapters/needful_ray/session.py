"""A Ray of this machine's own, that tells nobody anything: no dashboard, no usage statistics, no output of workers."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from needful.errors import NeedfulError

__all__ = ["local_ray", "ray_failed", "ray_or_refusal"]

STORE_BYTES = 200_000_000
"""Memory for objects. Batches are small and few are on their way at once."""


def ray_or_refusal() -> None:
    """Raise `NeedfulError`, code `ray-missing`, where the extra is not installed."""
    try:
        import ray
        import ray.data  # noqa: F401

        return
    except ImportError:
        pass
    raise NeedfulError("Ray is not installed", code="ray-missing", hint="pip install 'needful[ray]'")


@contextmanager
def local_ray(workers: int, *, store_bytes: int = STORE_BYTES, folder: Path | None = None) -> Iterator[None]:
    """Run Ray on this machine for as long as the context lasts. Workers inherit the environment, the key included.

    `folder` is for Ray's logs and what it spills; Ray's own choice is in the temporary directory. Its path must be
    short: sockets lie in it. Raises `NeedfulError`: `ray-missing`, `ray-running` where this process has joined a Ray
    already, `ray-start`.
    """
    ray_or_refusal()
    import ray

    if ray.is_initialized():
        raise NeedfulError("this process has joined a Ray already", code="ray-running", hint="leave local_ray out")
    started = False
    with _environment():
        try:
            ray.init(
                address="local",
                num_cpus=workers,
                num_gpus=0,
                object_store_memory=store_bytes,
                include_dashboard=False,
                log_to_driver=False,
                _node_ip_address="127.0.0.1",
                _temp_dir=None if folder is None else str(folder),
            )
            started = True
        except Exception:  # noqa: BLE001 - Ray raises anything, with paths and environment in it
            pass
        if not started:
            raise NeedfulError(
                "Ray could not be started", code="ray-start", hint="its logs are in its session directory"
            )
        try:
            yield
        finally:
            ray.shutdown()


@contextmanager
def _environment() -> Iterator[None]:
    """No statistics, and a token of this process's own: Ray would write one into the user's home."""
    wanted = {"RAY_USAGE_STATS_ENABLED": "0"}
    if not os.environ.get("RAY_AUTH_TOKEN_PATH"):
        wanted["RAY_AUTH_TOKEN"] = os.environ.get("RAY_AUTH_TOKEN") or _token()
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@cache
def _token() -> str:
    """The same as long as the process lives, which is how long Ray keeps it."""
    return secrets.token_hex(32)


def ray_failed() -> NeedfulError:
    """The owner's error where Ray itself fails: Ray's own carry tracebacks of workers."""
    return NeedfulError("Ray could not do the work", code="ray", hint="its logs are in its session directory")
