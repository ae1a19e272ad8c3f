"""One file to documents: by its ending, within bounds of size and time, and never with a foreign error.

A library that parses what somebody sent may fail in any way. Whatever it raises becomes a `Bad` with our own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from needful.deadlines import within
from needful_files import pages, web, word
from needful_files.content import MAX_BYTES, MAX_CHARACTERS, Content, Unreadable, utf8
from needful_files.items import Bad, Item, Places, identity
from needful_files.lines import Keys, lines

__all__ = ["ENDINGS", "read"]

SECONDS = 120.0
"""For one file. A parser that does not end by then is given up."""

_FORMATS: Mapping[str, tuple[str, Callable[[bytes], Content]]] = MappingProxyType(
    {
        ".txt": ("text", utf8),
        ".md": ("Markdown", utf8),
        ".html": ("HTML", web.content),
        ".htm": ("HTML", web.content),
        ".pdf": ("PDF", pages.content),
        ".docx": ("DOCX", word.content),
    }
)

ENDINGS = (*_FORMATS, ".jsonl")
"""Endings of files that are read, in small letters."""


def read(
    file: Path, *, name: str = "", keys: Keys | None = None, seen: Places | None = None, seconds: float = SECONDS
) -> Iterator[Item | Bad]:
    """Yield the documents of a file and what is bad in it, in order.

    `name` is what the metadata call it (`source`), the file's own where it is empty. `keys` says where lines of JSON
    have text and id; `seen` has the ids of the files before this one, and gets this one's. Raises nothing of its own.
    """
    ending = file.suffix.lower()
    if ending in _FORMATS:
        yield _whole(file, name or file.name, *_FORMATS[ending], seconds)
    elif ending == ".jsonl":
        yield from _lines(file, keys or Keys(), {} if seen is None else seen)
    else:
        yield Bad(file, 0, f"the ending is none of {', '.join(ENDINGS)}")


def _lines(file: Path, keys: Keys, seen: Places) -> Iterator[Item | Bad]:
    try:
        yield from lines(file, keys, seen)
    except UnicodeDecodeError:
        yield Bad(file, 0, "this is not UTF-8 text")
    except OSError:
        yield Bad(file, 0, "the file cannot be read")


def _whole(file: Path, name: str, kind: str, reader: Callable[[bytes], Content], seconds: float) -> Item | Bad:
    try:
        content = _checked(within(seconds, lambda: reader(_bytes(file))))
    except Unreadable as error:
        return Bad(file, 0, str(error))
    except ImportError:
        return Bad(file, 0, f"{kind} needs more packages (pip install 'needful[files]')")
    except TimeoutError:
        return Bad(file, 0, "reading it takes too long")
    except MemoryError:
        return Bad(file, 0, "reading it takes too much memory")
    except OSError:
        return Bad(file, 0, "the file cannot be read")
    except Exception:  # noqa: BLE001 - a parser of foreign bytes may raise anything, and quotes them
        return Bad(file, 0, f"the file is damaged, or it is no {kind}")
    return Item(identity("file", str(file.resolve())), content.text, {"source": name, **content.metadata})


def _bytes(file: Path) -> bytes:
    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the file has more than {MAX_BYTES // 1_000_000} MB (split it)")
    return data


def _checked(content: Content) -> Content:
    if len(content.text) > MAX_CHARACTERS:
        raise Unreadable(f"its text has more than {MAX_CHARACTERS // 1_000_000} million characters (split it)")
    if not content.text.strip():
        raise Unreadable("the file has no text")
    return Content(_whole_pairs(content.text), content.metadata)


def _whole_pairs(text: str) -> str:
    """Replace halves of surrogate pairs, which a PDF's own tables of characters can give, by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
