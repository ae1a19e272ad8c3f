"""Training: the licensed sets and generated texts, epoch by epoch, through the network."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import corpus
import names
import numpy as np
import synthesis
import torch
from network import Network, base_folder, pretrained
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional
from where import HERE

from needful_presidio.ner.tokens import tokenize

__all__ = ["EPOCHS", "TAGS", "train"]

TAGS = ("O", *(f"{place}-{label}" for label in corpus.LABELS for place in "BI"))
IGNORE = -100
SEED = 20261124
EPOCHS = 3
GENERATED = 42_000
"""Generated texts an epoch, new ones each time."""
LONGEST = 126
BATCH = 5_000
"""Tokens of a batch, padding included."""
RATE = 2.5e-4
SWAPPED = 0.35
"""Share of the names in the licensed sets that give way to others."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text as the network reads it."""

    ids: NDArray[np.int64]
    shapes: NDArray[np.int64]
    tags: NDArray[np.int64]


def encoded(text: corpus.Text, tokenizer: Tokenizer, special: tuple[int, ...]) -> Example | None:
    """Cut a text to pieces with their tags; None for one without any."""
    tokens = tokenize(text.text, tokenizer)
    if not len(tokens.ids):
        return None
    of_text = np.zeros(len(text.text), dtype=np.int64)
    for start, end, label in text.spans:
        if label == corpus.IGNORED:
            of_text[start:end] = IGNORE
        else:
            inside = TAGS.index(f"I-{label}")
            of_text[start:end] = inside
            of_text[start] = inside - 1
    return Example(
        ids=np.array([special[0], *tokens.ids[:LONGEST], special[1]]),
        shapes=np.array([0, *tokens.shapes[:LONGEST], 0]),
        tags=np.array([IGNORE, *of_text[tokens.starts[:LONGEST]], IGNORE]),
    )


def epoch_texts(sets: Sequence[tuple[corpus.Set, list[corpus.Text]]], epoch: int) -> Iterator[corpus.Text]:
    """Yield the texts of one epoch: the sets, varied, and new generated ones."""
    random = Random(f"{SEED} {epoch}")
    for one, texts in sets:
        rows = list(texts)
        if not one.running:
            random.shuffle(rows)
        for turn in range(math.ceil(one.times)):
            share = min(1.0, one.times - turn)
            for text in corpus.packed(rows, random, running=one.running):
                if random.random() < share:
                    yield _varied(text, one, random)
    for row in synthesis.generate(GENERATED, SEED + 1 + epoch):
        yield corpus.Text(row["text"], tuple((a, b, label) for a, b, label in row["spans"]), "synth")


def _varied(text: corpus.Text, one: corpus.Set, random: Random) -> corpus.Text:

    if one.tokenized and random.random() < 0.7:
        text = corpus.detokenized(text)
    if random.random() < 0.6:
        text = corpus.swapped(text, random, names.other, SWAPPED)
    return corpus.recased(text, random)


def batches(examples: Sequence[Example], random: Random) -> Iterator[list[Example]]:
    """Group examples of like length, in random order."""
    order = sorted(range(len(examples)), key=lambda at: (len(examples[at].ids) // 4, random.random()))
    groups: list[list[Example]] = [[]]
    for at in order:
        longest = max(len(examples[at].ids), *(len(one.ids) for one in groups[-1][-1:]), 1)
        if groups[-1] and longest * (len(groups[-1]) + 1) > BATCH:
            groups.append([])
        groups[-1].append(examples[at])
    random.shuffle(groups)
    yield from groups


def padded(group: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return ids, shapes, mask and tags of a batch, (texts, tokens) each."""
    # In steps of eight: every shape that PyTorch sees keeps memory of its own.
    longest = -(-max(len(one.ids) for one in group) // 8) * 8

    def pad(arrays: Sequence[NDArray[np.int64]], value: int) -> torch.Tensor:
        return torch.tensor(np.stack([np.pad(a, (0, longest - len(a)), constant_values=value) for a in arrays]))

    ids = pad([one.ids for one in group], 0)
    return ids, pad([one.shapes for one in group], 0), ids != 0, pad([one.tags for one in group], IGNORE)


def loss_of(early: torch.Tensor, last: torch.Tensor, tags: torch.Tensor) -> torch.Tensor:
    """Both heads learn the tags, and the early one also what the last one makes of them (Hinton et al., 2015)."""
    early, last, tags = early.float().flatten(0, 1), last.float().flatten(0, 1), tags.flatten()
    use = tags != IGNORE
    early, last, tags = early[use], last[use], tags[use]
    taught = functional.kl_div(
        early.log_softmax(-1), last.detach().log_softmax(-1), log_target=True, reduction="batchmean"
    )
    loss: torch.Tensor = (
        functional.cross_entropy(last, tags) + 0.4 * functional.cross_entropy(early, tags) + 0.4 * taught
    )
    return loss


def train(data: Path, out: Path) -> None:
    """Train for `EPOCHS` epochs; network.pt is written after each, what was done into training.json."""
    torch.manual_seed(SEED)
    tokenizer = Tokenizer.from_file(str(base_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    special = tuple(tokenizer.token_to_id(name) or 0 for name in ("[CLS]", "[SEP]"))
    nationalities = corpus.demonyms(HERE / "lexicon" / "demonyms.txt")
    sets = [(one, corpus.load(data, one.name, nationalities)) for one in corpus.SETS]
    run = _Run(pretrained(len(TAGS)))
    out.mkdir(parents=True, exist_ok=True)
    for epoch in range(EPOCHS):
        examples = [e for text in epoch_texts(sets, epoch) if (e := encoded(text, tokenizer, special))]
        groups = list(batches(examples, Random(f"{SEED} batches {epoch}")))
        print(f"epoch {epoch}: {len(examples)} texts, {len(groups)} steps, {run.seconds:.0f} s", flush=True)
        for at, group in enumerate(groups):
            run.step(group, (epoch + at / len(groups)) / EPOCHS)
        torch.save(run.network.state_dict(), out / "network.pt")
    described = {
        "sets": [{"name": one.name, "times": one.times} for one in corpus.SETS],
        "generated": GENERATED,
        "seed": SEED,
        "epochs": EPOCHS,
        **run.described(),
    }
    (out / "training.json").write_text(json.dumps(described, indent=2) + "\n")


class _Run:
    """The state of a training run."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._optimizer = torch.optim.AdamW(_groups(network), lr=RATE, fused=True)
        self._began = time.monotonic()
        self._steps = self._tokens = 0
        self._loss = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def step(self, group: Sequence[Example], progress: float) -> None:
        """Learn from one batch, `progress` (0 to 1) through the run: the rate rises over 4 % of it, then falls to 0."""
        for part in self._optimizer.param_groups:
            part["lr"] = RATE * min(1.0, progress / 0.04) * (1 - progress)
        ids, shapes, mask, tags = padded(group)
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            early, last = self.network(ids, shapes, mask)
        loss = loss_of(early, last, tags)
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()
        self._steps += 1
        self._tokens += int(mask.sum())
        self._loss += (loss.item() - self._loss) / min(100, self._steps)
        if self._steps % 100 == 0:
            print(f"  step {self._steps} loss {self._loss:.4f} {self._tokens / self.seconds:.0f} tokens/s", flush=True)

    def described(self) -> dict[str, float]:
        """What was done, for training.json; the loss is a running mean."""
        return {
            "steps": self._steps,
            "tokens": self._tokens,
            "minutes": round(self.seconds / 60, 1),
            "loss": round(self._loss, 4),
        }


def _groups(network: Network) -> list[dict[str, Any]]:
    trained = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    plain = [p for name, p in trained if p.ndim < 2 or "norm" in name]
    return [
        {"params": [p for name, p in trained if not (p.ndim < 2 or "norm" in name)], "weight_decay": 0.01},
        {"params": plain, "weight_decay": 0.0},
    ]
