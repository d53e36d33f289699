# Everything a newcomer needs: `make demo`, then `make test`. Plain `make` lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# No call home, neither from MLflow nor from pip.
export MLFLOW_DISABLE_TELEMETRY = true
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help install demo test slow lint format train evaluate release bench contrast \
        research origins behaviour peers label-errors curves compare review clean

help:  ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP)  ## make .venv and install joio into it

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "joio needs Python 3.11 or newer; say PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Installing into $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

demo: $(STAMP)  ## train on the shipped articles, log to MLflow, score the example article
	$(BIN)/joio train --data data/written data/contrast/train.jsonl --name demo
	$(BIN)/joio score data/example.md --model demo
	@echo "That was a model of 6,518 shipped paragraphs. Where to look next:"
	@echo "  $(BIN)/joio score data/example.md          the released model, trained on over three times as many"
	@echo "  $(BIN)/joio score YOUR-ARTICLE.txt         any article of yours"
	@echo "  $(BIN)/joio review                         the run in MLflow"
	@echo "  models/demo/evaluation.md                how good the demo model is"

test: $(STAMP)  ## run the tests
	$(BIN)/python -m pytest

slow: $(STAMP)  ## run the tests that take long or start servers
	$(BIN)/python -m pytest -m slow

lint: $(STAMP)  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)  ## put the code into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: $(STAMP)  ## train a model of your own on everything here (NAME=..., DATA=...)
	$(BIN)/joio train $(if $(DATA),--data $(DATA)) --name $(or $(NAME),meu-modelo)

evaluate: $(STAMP)  ## cross-validate on public units beside the baselines: every figure of the README
	$(BIN)/joio evaluate --ablate-origin

release: $(STAMP)  ## train models/joio-pt on public and written units, and trust it in the package
	@test -f data/public/units.jsonl || { echo "fetch the public units first: joio corpus fetch" >&2; exit 1; }
	$(BIN)/joio train --name joio-pt
	$(BIN)/python scripts/trust_release.py
	$(BIN)/joio evaluate --test-part joio-pt --output models/joio-pt
	PYTHONPATH=. $(BIN)/python scripts/release_card.py

behaviour: $(STAMP)  ## what the released model does with cases that no reader doubts
	PYTHONPATH=. $(BIN)/python benchmarks/behaviour.py --failures

bench: $(STAMP)  ## measure speed and memory
	$(BIN)/python benchmarks/bench.py

contrast: $(STAMP)  ## the released model on the contrast sets that it was not trained on
	$(BIN)/python benchmarks/contrast.py

research: $(STAMP)  ## install what only research on the data needs: cleanlab, datasets
	$(BIN)/python -m pip install --quiet --editable '.[dev,research]'

origins: $(STAMP)  ## can written units be told from public ones, and by what?
	$(BIN)/python benchmarks/origins.py

peers: $(STAMP)  ## what others would use, on the same folds (three quarters of an hour)
	$(BIN)/python benchmarks/peers.py

label-errors: research  ## list labels that are probably wrong (OUT=...)
	$(BIN)/python benchmarks/label_errors.py --output $(or $(OUT),build/label-errors.jsonl)

curves: $(STAMP)  ## learning curves: which data should be added next? (half an hour)
	$(BIN)/python benchmarks/curves.py

compare: $(STAMP)  ## the recipe on the data of a git REVISION and on today's, on the same public folds
	$(BIN)/python benchmarks/compare.py $(or $(REVISION),$(error say REVISION=...))

review: $(STAMP)  ## open MLflow's page on the runs
	$(BIN)/joio review

clean:  ## remove caches and the virtual environment (models and runs stay)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
