"""Reads the templates of `templates/`: a register, such as court or chats, is one file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from choosing import FakerPools
from slots import Draw

__all__ = ["SLOT", "Register", "has_entity", "read_register", "registers"]

HERE = Path(__file__).resolve().parent
SLOT = re.compile(r"\{(\w+)\}")
_SETTING = re.compile(r"## (weight|join|lower|most)=(.*)")


@dataclass(frozen=True)
class Register:
    """The templates of one file."""

    name: str
    most: int
    """How many templates a text has at most, mostly."""
    weight: float
    """How often it is chosen, beside the others."""
    join: str
    """What stands between two templates."""
    lower: float
    """Share of its texts that are in small letters."""
    templates: list[str]
    plain: list[str]
    """Those of which no slot makes a span."""


@cache
def _label_slots() -> frozenset[str]:
    return frozenset(Draw(Random(0), FakerPools(0)).named)


def has_entity(template: str) -> bool:
    """Whether a template makes a span in every case."""
    return any(name in _label_slots() for name in SLOT.findall(template))


def read_register(path: Path) -> Register:
    """Read a file of templates; `## key=value` lines set weight, join, lower and most."""
    lines = path.read_text("utf-8").splitlines()
    settings = {"weight": "1", "join": " ", "lower": "0.08", "most": "6"}
    settings |= {match[1]: match[2] for line in lines if (match := _SETTING.match(line))}
    found = [
        line.replace("\\n", "\n").replace("\\t", "\t")
        for line in dict.fromkeys(lines)
        if line.strip() and not line.startswith("##")
    ]
    return Register(
        name=path.stem,
        most=int(settings["most"]),
        weight=float(settings["weight"]),
        join=settings["join"].replace("\\n", "\n") or " ",
        lower=float(settings["lower"]),
        templates=[template for template in found if has_entity(template)],
        plain=[template for template in found if not has_entity(template)],
    )


@cache
def registers() -> list[Register]:
    """All registers, sorted by name."""
    return [read_register(path) for path in sorted((HERE / "templates").glob("*.txt"))]
