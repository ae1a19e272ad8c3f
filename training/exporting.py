"""The trained network as two ONNX files with 8-bit weights: the lower layers and the early head, then the rest."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path

import corpus
import torch
from fitting import TAGS
from network import Lower, Network, Upper, base_folder
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

__all__ = ["export"]


def export(out: Path, weights: Path) -> None:
    """Write the two halves of a trained network as ONNX files with 8-bit weights, and what describes them."""
    network = Network(json.loads((base_folder() / "config.json").read_text()), len(TAGS))
    network.load_state_dict(torch.load(out / "network.pt"))
    network.eval()
    weights.mkdir(parents=True, exist_ok=True)
    ids = torch.randint(1000, 20000, (1, 24), generator=torch.Generator().manual_seed(0))
    hidden, _ = Lower(network)(ids, torch.zeros_like(ids))
    parts = (
        ("lower", Lower(network), (ids, torch.zeros_like(ids)), ["ids", "shapes"], ["hidden", "scores"]),
        ("upper", Upper(network), (hidden,), ["hidden"], ["scores"]),
    )
    for name, part, example, inputs, outputs in parts:
        plain = out / f"{name}.onnx"
        torch.onnx.export(
            part.eval(),
            example,
            str(plain),
            dynamo=False,
            input_names=inputs,
            output_names=outputs,
            dynamic_axes={axis: {1: "pieces"} for axis in (*inputs, *outputs)},
            opset_version=17,
        )
        _quantize(plain, weights / f"{name}.onnx")
    shutil.copyfile(base_folder() / "tokenizer.json", weights / "tokenizer.json")
    shutil.copyfile(out / "training.json", weights.parent / "training.json")
    digests = {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(weights.glob("*er*"))}
    described = {"labels": corpus.LABELS, "sha256": digests}
    (weights / "model.json").write_text(json.dumps(described, indent=2) + "\n")


def _quantize(plain: Path, small: Path) -> None:
    prepared = plain.with_suffix(".prepared.onnx")
    quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
    # Seven bits: with eight, the sums of a processor without VNNI instructions overflow and its spans would differ.
    quantize_dynamic(
        str(prepared),
        str(small),
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Gather", "Gemm"],
    )
