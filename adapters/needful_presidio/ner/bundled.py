"""The model of names that ships: MiniLM with 8-bit weights on ONNX Runtime. No download, no torch.

A text is cut to windows of at most 126 pieces of words that overlap. Every window runs alone and unpadded: ONNX Runtime
takes the scale of 8-bit activations from a whole batch, so in a batch a text's spans would depend on its neighbours.
`bundled` runs six layers, `fast` the lower three, which end in a head of their own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from needful_presidio import guarding
from needful_presidio.ner.decoding import Found, decoded
from needful_presidio.ner.tokens import Tokens, tokenize

__all__ = ["BIAS", "Bundled", "load"]

BIAS = 1.5
"""How far the outside class is pushed down, in nats: the operating point. See docs/detection.md for its curve."""

_WINDOW = 126
_OVERLAP = 32
_THREADS = 4

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Bundled:
    """The loaded model; safe to use from many threads."""

    tokenizer: Any
    lower: Any
    upper: Any | None
    labels: tuple[str, ...]
    version: str
    ends: tuple[int, ...]
    """The pieces that begin and end a window."""

    def scores(self, texts: Sequence[str]) -> list[tuple[Tokens, Scores]]:
        """Return each text's pieces and their log-probabilities: (pieces, 1 + 2 * labels), outside first."""
        tokens = [tokenize(text, self.tokenizer) for text in texts]
        jobs = [(of_text, *window) for of_text in tokens for window in _windows(len(of_text.ids))]
        windows = iter(self._run(jobs))
        return [(of_text, _merged(of_text, windows, 1 + 2 * len(self.labels))) for of_text in tokens]

    def find_batch(self, texts: Sequence[str], bias: float = BIAS) -> list[list[Found]]:
        """Return each text's names: start, end (code points), entity, score from 0.5 to 1."""
        found = self.scores(texts)
        return [
            decoded(text, tokens, scores, self.labels, min(bias, 0.0) if _has_no_context(text) else bias)
            for text, (tokens, scores) in zip(texts, found, strict=True)
        ]

    def find(self, text: str) -> list[Found]:
        """Return one text's names at the default operating point."""
        return self.find_batch([text])[0]

    def _run(self, jobs: Sequence[tuple[Tokens, int, int]]) -> list[Scores]:
        workers = min(_THREADS, _cores(), len(jobs))
        if workers < 2:
            return [self._window(job) for job in jobs]
        # Made anew for every call: a pool that outlives it would be without its threads in a forked process.
        with ThreadPoolExecutor(workers) as pool:
            # The deadline of the call is a context variable.
            return list(pool.map(lambda job, context: context.run(self._window, job), jobs, _contexts()))

    def _window(self, job: tuple[Tokens, int, int]) -> Scores:
        guarding.check()
        tokens, start, end = job
        first, last = self.ends
        ids = np.concatenate(([first], tokens.ids[start:end], [last]))[None]
        shapes = np.concatenate(([0], tokens.shapes[start:end], [0]))[None]
        hidden, logits = self.lower.run(None, {"ids": ids, "shapes": shapes})
        if self.upper is not None:
            (logits,) = self.upper.run(None, {"hidden": hidden})
        return _log_softmax(logits[0, 1:-1])


def _has_no_context(text: str) -> bool:
    """One word without a capital, as it is typed into a search box: a bias would take rare nouns for names."""
    return len(text.split()) == 1 and text.islower()


def _contexts() -> Iterator[Any]:
    while True:
        yield copy_context()


def _windows(pieces: int) -> Iterator[tuple[int, int]]:
    """Yield overlapping windows of like length that cover all pieces."""
    if not pieces:
        return
    step = _WINDOW - _OVERLAP
    count = max(1, -(-(pieces - _OVERLAP) // step))
    size = -(-(pieces + (count - 1) * _OVERLAP) // count)
    for number in range(count):
        start = number * (size - _OVERLAP)
        yield start, min(pieces, start + size)


def _merged(tokens: Tokens, windows: Iterator[Scores], width: int) -> Scores:
    """Take each piece's scores from the window in which it stands farther from a border."""
    pieces = len(tokens.ids)
    merged = np.zeros((pieces, width), dtype=np.float32)
    last = 0
    for start, end in _windows(pieces):
        scores = next(windows)
        border = (start + last) // 2 if start else 0
        merged[border:end] = scores[border - start :]
        last = end
    return merged


def _log_softmax(logits: Scores) -> Scores:
    shifted = logits - logits.max(-1, keepdims=True)
    logs: Scores = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return logs


@cache
def load(setting: str = "bundled") -> Bundled:
    """Load `bundled` or `fast`, once a process.

    Raises `ValueError` if a file is not the one that was shipped, and what the libraries raise if it cannot be read.
    """
    import onnxruntime
    from tokenizers import Tokenizer

    folder = files("needful_presidio.ner") / "weights"
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))

    def content(name: str) -> bytes:
        read = (folder / name).read_bytes()
        if hashlib.sha256(read).hexdigest() != about["sha256"][name]:
            raise ValueError("a file of the bundled model is not the one that was shipped")
        return read

    def session(name: str) -> Any:
        options = onnxruntime.SessionOptions()
        # Windows run beside one another; threads of its own would not survive a fork.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(content(name), options, providers=["CPUExecutionProvider"])

    tokenizer = Tokenizer.from_buffer(content("tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    digest = hashlib.sha256(json.dumps(about["sha256"], sort_keys=True).encode()).hexdigest()
    return Bundled(
        tokenizer=tokenizer,
        lower=session("lower.onnx"),
        upper=session("upper.onnx") if setting == "bundled" else None,
        labels=tuple(about["labels"]),
        version=f"{setting} {digest} onnxruntime {onnxruntime.__version__}",
        ends=tuple(tokenizer.token_to_id(name) or 0 for name in ("[CLS]", "[SEP]")),
    )


def _cores() -> int:
    """How many processors this process may use, which is less than there are where it is pinned."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
