"""The parts of `benchmarks/detection.py`: sets, detectors, scores, measurements, charts and the page that has them."""
