# Every target sets itself up: with Python 3.11 or newer and a package registry, `make demo` runs from nothing.
# Registries, mirrors and certificates are pip's configuration (PIP_INDEX_URL, pip.conf), never this file's.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3 || echo python3)
BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test test-ray check format bench bench-detection bench-peers soak mutate lock setup clean
.DEFAULT_GOAL := demo

demo: $(READY)  ## The whole path on an embedded Qdrant, beside the plain retriever.
	$(BIN)/needful demo

test: $(READY)  ## The whole suite.
	$(BIN)/python -m pytest -q -n 2

test-ray: build/ray/.ready  ## The tests of needful_ray on a local Ray, which `make test` skips.
	build/ray/bin/python -m pytest -q tests/adapters/test_ray.py tests/adapters/test_ray_parts.py

build/ray/.ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv build/ray
	build/ray/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements.lock
	build/ray/bin/python -m pip --disable-pip-version-check install --quiet --no-build-isolation -e '.[ray]'
	@touch $@

check: $(READY)  ## Lint, format, types, and who may import whom.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

format: $(READY)  ## What check would complain about and a tool can repair.
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(READY)  ## Ratios against named baselines, measured in the same run.
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/questions.py --write
	$(BIN)/python benchmarks/passages.py --write
	$(BIN)/python benchmarks/selection.py --write
	$(BIN)/python benchmarks/exposure.py --write
	$(BIN)/python benchmarks/annotating.py
	$(BIN)/python benchmarks/streaming.py
	$(BIN)/python benchmarks/ledger.py
	$(BIN)/python benchmarks/peers/run.py --write

bench-peers: $(READY)  ## Beside what one would use instead, each in an environment of its own. Writes docs/benchmarks.md.
	$(BIN)/python benchmarks/peers/run.py --write

bench-detection: $(READY) build/bench-detection/.ready  ## What is found and missed: figures, docs/detection.md, charts.
	$(BIN)/python benchmarks/detection.py --write

SECONDS ?= 600
PROCESSES ?= 4
CALLERS ?= 8

soak: $(READY)  ## The long runs: load with faults, canaries through every door, slow tests. Writes docs/reliability.md.
	$(BIN)/python benchmarks/soak.py --seconds $(SECONDS) --processes $(PROCESSES) --callers $(CALLERS) --write

mutate: $(READY) build/mutation/.ready  ## How many faults put into the code the tests notice. Writes docs/mutation.md.
	$(BIN)/python benchmarks/mutation.py --write

build/mutation/.ready: benchmarks/requirements-mutation.txt
	$(PYTHON) -m venv build/mutation
	build/mutation/bin/python -m pip --disable-pip-version-check install --quiet -r $<
	@touch $@

# An environment of its own: presidio-evaluator brings a gigabyte. Where it cannot be installed, the run says so and goes on.
build/bench-detection/.ready: benchmarks/requirements-detection.txt
	$(PYTHON) -m venv build/bench-detection
	build/bench-detection/bin/python -m pip --disable-pip-version-check install --quiet -r $< \
	  && touch $@ || { rm -f $@; echo "presidio-evaluator cannot be installed: its figures will be missing" >&2; }

setup: $(READY)  ## The virtual environment, nothing else.

# The lock goes in with its hashes; then the project itself, whose dependencies are all there. Build isolation is off
# because hatchling is in the lock too: an isolated build would fetch an unpinned one.
$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "needful needs Python 3.11 or newer; $(PYTHON) is not. Say which: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# uv and not pip: pip's report knows only the wheel that this platform picked, uv writes the hashes of every file of a
# release and the markers of every platform, so that one lock serves Linux, macOS and Windows. It is needed here only.
# Pins that still fit are kept; `make lock UPGRADE=1` takes the newest.
lock:
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check install --quiet 'uv>=0.5'
	build/lock/bin/uv pip compile pyproject.toml --extra dev --extra llm --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --quiet -o requirements.lock

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src adapters tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
