"""Score predictions with presidio-evaluator, as its notebook 4 does: SpanEvaluator, IoU 0.75, any PII against none.

It runs in an environment of its own (`make bench-detection` makes it), because presidio-evaluator brings a gigabyte of
libraries; it imports nothing of Needful. In: `{"samples": [{"text", "spans"}], "found": {choice: spans by sample}}`,
spans as start, end, entity and, where found, score. Out: `{choice: {"precision", "recall", "f2", "by_type"}}`.

    python benchmarks/detection_presidio_evaluator.py GIVEN.json ANSWER.json
"""

from __future__ import annotations

import json
import math
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

THRESHOLD = 0.75
UNKNOWN = "GOVERNMENT_ID"


def tokenizer() -> None:
    """Give the tool a blank spaCy pipeline where it would load en_core_web_sm: it only takes the tokens."""
    seeded: dict[str, Any] = import_module("presidio_evaluator.span_to_tag").loaded_spacy
    seeded["en_core_web_sm"] = import_module("spacy").blank("en")


def samples(given: list[dict[str, Any]]) -> list[Any]:
    """The tool's own samples, tokens and tags included."""
    data = import_module("presidio_evaluator.data_objects")
    return [
        data.InputSample(
            one["text"],
            spans=[data.Span(entity, one["text"][start:end], start, end) for start, end, entity in one["spans"]],
            create_tags_from_span=True,
            sample_id=number,
        )
        for number, one in enumerate(given)
    ]


def tags(sample: Any, spans: list[list[Any]]) -> list[str]:
    """What was found as a tag for each token, overlaps settled as the tool's own Presidio wrapper does."""
    starts, ends, entities, scores = (list(column) for column in zip(*spans, strict=True)) if spans else ([],) * 4
    named: list[str] = import_module("presidio_evaluator").span_to_tag(
        scheme="IO",
        text=sample.full_text,
        starts=starts,
        ends=ends,
        tags=entities,
        tokens=sample.tokens,
        scores=scores,
    )
    return named


def predictions(dataset: list[Any], found: list[list[list[Any]]]) -> Any:
    """The tool's table of tokens for what was found."""
    models = import_module("presidio_evaluator.models")

    class Given(models.BaseModel):  # type: ignore[misc, name-defined]  # the tool's class, known at run time only
        """A model that answers what was found before."""

        def predict(self, sample: Any, **_: Any) -> list[str]:
            return tags(sample, found[sample.sample_id])

        def batch_predict(self, dataset: list[Any], **_: Any) -> list[list[str]]:
            return [self.predict(sample) for sample in dataset]

    return Given().predict_dataset(dataset)


def mapped(table: Any) -> Any:
    """Labels brought to the tool's hierarchy. What it does not know stays PII: as an identifier, not as nothing."""
    mapper = import_module("presidio_evaluator.entity_mapping").CanonicalMapper()
    mapper.analyze(table)
    unknown = [label for one in mapper.get_issues() if one.severity.name == "ERROR" for label in one.labels]
    if unknown:
        mapper.map(dict.fromkeys(unknown, UNKNOWN))
    return mapper.get_mapped_results_dataframe()


def number(figure: float) -> float:
    """The tool says "not a number" where nothing was predicted; here that is 0."""
    return 0.0 if math.isnan(figure) else float(figure)


def figures(dataset: list[Any], found: list[list[list[Any]]]) -> dict[str, Any]:
    """One choice's figures."""
    evaluator = import_module("presidio_evaluator.evaluation").SpanEvaluator(iou_threshold=THRESHOLD)
    scores = evaluator.calculate_hierarchical_scores(mapped(predictions(dataset, found)), beta=2)
    binary = scores["binary"]
    return {
        "precision": number(binary.pii_precision),
        "recall": number(binary.pii_recall),
        "f2": number(binary.pii_f),
        "by_type": {
            name: [*map(number, (one.precision, one.recall, one.f_beta)), one.num_annotated]
            for name, one in sorted(scores["branch"].per_type.items())
        },
    }


def main(given: str, answer: str) -> None:
    """Read, score, write."""
    asked = json.loads(Path(given).read_text("utf-8"))
    tokenizer()
    dataset = samples(asked["samples"])
    result = {choice: figures(dataset, found) for choice, found in asked["found"].items()}
    Path(answer).write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
