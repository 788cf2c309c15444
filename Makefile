# `make` alone prints this help. Every target sets up what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CODE := consent anonymity vault models exchange delivery schema resolvers app tests bench

.PHONY: help run demo test test-sqlite test-postgres check lint types sdl coverage audit format bench schema migrations mutants lock clean

help: ## Print this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.run ## Start the service with demo data (SQLite, or DATABASE_URL)
	@$(BIN)/python -m app serve

demo: $(VENV)/.run ## Play the whole story against the running service
	@$(BIN)/python -m app demo

test: test-sqlite test-postgres ## Run every test, on SQLite, PostgreSQL and Redis

test-sqlite: $(VENV)/.dev
	@echo "Tests on SQLite and Redis"
	@TEST_ENGINE=sqlite $(BIN)/python -m pytest --cov --cov-report=

test-postgres: $(VENV)/.dev
	@echo "Tests on PostgreSQL and Redis"
	@TEST_ENGINE=postgres $(BIN)/python -m pytest tests/models tests/exchange tests/delivery tests/api tests/app --cov --cov-append --cov-report=

check: lint types sdl coverage audit ## Lint, types, schema diff, coverage of the last test run, dependency audit

lint: $(VENV)/.dev
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)

types: $(VENV)/.dev
	@$(BIN)/mypy

sdl: $(VENV)/.dev ## Check that schema.graphql is the schema
	@$(BIN)/python -m app schema | diff -u schema.graphql - || (echo "schema.graphql is stale: make schema"; exit 1)

coverage: $(VENV)/.dev ## Hold the coverage of the last test run to its limits
	@test -f .coverage || (echo "There is no coverage yet: make test"; exit 1)
	@$(BIN)/coverage report --include='consent/*,anonymity/*,vault/*' --fail-under=100 --format=total
	@$(BIN)/coverage report --omit='consent/*,anonymity/*,vault/*,models/migrations/*' --fail-under=90 --format=total

audit: $(VENV)/.dev ## Check pinned dependencies for known vulnerabilities
	@$(BIN)/python tests/audit.py

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff check --fix-only --quiet $(CODE); $(BIN)/ruff format --quiet $(CODE)

bench: $(VENV)/.dev ## Measure, on both engines, against baselines of the same run
	@$(BIN)/python -m bench

schema: $(VENV)/.run ## Write schema.graphql
	@$(BIN)/python -m app schema > schema.graphql

migrations: $(VENV)/.run ## Make migrations for changed models
	@$(BIN)/python -m tortoise -c app.orm.TORTOISE makemigrations

mutants: $(VENV)/.dev ## Take each guard out of consent and exchange: a test must fail each time
	@$(BIN)/python tests/mutants.py

lock: $(VENV)/.dev ## Pin the newest dependencies, by hash and without addresses
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate pyproject.toml --group dev -o requirements-dev.lock

clean: ## Remove everything that was made, the demo data too
	@rm -rf $(VENV) .data .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage tests/clients/node_modules

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1)
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	@echo "Installing pinned dependencies (a minute, once)"
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "Installing pinned dependencies and test tools (a minute, once)"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.run
