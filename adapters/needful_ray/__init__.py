"""Annotating on Ray: for collections that outgrow a machine. Needs the extra `ray`.

With a server each worker reads and writes a range of ids; an embedded collection is read and written by its owner, and
the workers search. The names below are imported on first use, so that `import needful_ray` imports no Ray.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from needful_ray.embedded import annotate_embedded
    from needful_ray.server import annotate_server
    from needful_ray.session import local_ray

__all__ = ["annotate_embedded", "annotate_server", "local_ray"]

logging.getLogger("needful_ray").addHandler(logging.NullHandler())

_HOMES = {
    "annotate_embedded": "embedded",
    "annotate_server": "server",
    "local_ray": "session",
}


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
