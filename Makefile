# Every recipe of Farley. A developer and CI run the same ones.

SHELL := /bin/sh
BIN := .venv/bin
MAKEFLAGS += --no-print-directory

# Where `make run` listens: make run PORT=8080. The data folder and the rest are settings, see docs/operator.
HOST ?= 127.0.0.1
PORT ?= 8000

# What pytest is given besides: make test TESTS="tests/web -k login"
TESTS ?=
WORKERS ?= auto
PYTEST = $(BIN)/pytest -n $(WORKERS) --dist worksteal $(TESTS)
# Once is enough: tests that ask no database, and those that drive a browser or other programs through the same pages and
# doors that the rest asks on both.
ONCE = $(addprefix --ignore=,tests/codecs tests/tools tests/clients) --ignore-glob='*journeys.py'

# Only who asks for nothing but to run gets the smaller environment. One with the developers' tools also runs Farley:
# `make run` does not take it apart.
ENVIRONMENT := $(if $(wildcard .venv/dev.stamp)$(filter-out run build,$(MAKECMDGOALS)),dev,run)

.DEFAULT_GOAL := help
.PHONY: help run test test-postgres check format lint types contracts sizes migrations templates words leaks docs bench bench-full \
	build wheel lock clean fix messages

help: ## Show this list
	@echo "Farley, version $$(sed -n 's/^__version__ = "\(.*\)"/\1/p' src/farley/__init__.py)"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

run: .venv/$(ENVIRONMENT).stamp build ## Start Farley on http://127.0.0.1:8000
	@exec $(BIN)/farley serve --host $(HOST) --port $(PORT)

test: .venv/dev.stamp build ## Run the tests on SQLite; those that lack a system program are skipped by name
	$(PYTEST)

test-postgres: .venv/dev.stamp build ## Run the tests that ask a database on a PostgreSQL started for them
	$(BIN)/python -m tools.with_postgres $(PYTEST) $(ONCE)

check: format lint types contracts sizes migrations templates words leaks docs test ## Everything that must hold before a commit

format: .venv/dev.stamp
	$(BIN)/ruff format --check .

lint: .venv/dev.stamp
	$(BIN)/ruff check .

types: .venv/dev.stamp
	FARLEY_DATA=build/types $(BIN)/mypy

contracts: .venv/dev.stamp
	$(BIN)/lint-imports

sizes: .venv/dev.stamp
	$(BIN)/python -m tools.check_sizes

migrations: .venv/dev.stamp
	$(BIN)/python -m tools.check_migrations

templates: .venv/dev.stamp
	$(BIN)/python -m tools.check_templates

words: .venv/dev.stamp
	$(BIN)/python -m tools.messages --check

leaks: .venv/dev.stamp
	$(BIN)/python -m tools.check_leaks

docs: .venv/dev.stamp
	$(BIN)/python -m tools.check_docs

fix: .venv/dev.stamp ## Format the code and mend what the linters can mend
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/python -m tools.check_templates --fix

messages: .venv/dev.stamp ## Bring the translations up to date with the words in the code
	$(BIN)/python -m tools.messages

bench: .venv/dev.stamp build ## Run the benchmarks: make bench BENCH="codecs"
	$(BIN)/python -m benchmarks $(BENCH)

bench-full: .venv/dev.stamp build ## Run the long ones too; the folder with a million contacts stays in build/benchmarks
	$(BIN)/python -m benchmarks --full $(BENCH)

build: .venv/$(ENVIRONMENT).stamp ## Bundle the front end and compile the translations, where stale
	@$(BIN)/python hatch_build.py
	@$(BIN)/python -m compileall -q src/farley # a start without it takes a second longer

wheel: .venv/dev.stamp ## Build dist/farley-*.whl, with the front end in it
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

.venv/run.stamp .venv/dev.stamp: .venv/%.stamp: requirements/%.lock requirements/bootstrap.lock pyproject.toml
	@tools/make_environment.sh $*

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url $(UPGRADE)

lock: .venv/dev.stamp ## Write the lock files anew: make lock UPGRADE=--upgrade
	$(COMPILE) requirements/bootstrap.in --output-file requirements/bootstrap.lock
	$(COMPILE) pyproject.toml --extra postgres --extra pdf --extra outlook --group build --output-file requirements/run.lock
	$(COMPILE) pyproject.toml --extra postgres --extra pdf --extra outlook --group build --group dev --constraint requirements/run.lock \
		--output-file requirements/dev.lock
	$(COMPILE) requirements/vdirsyncer-suite.in --output-file requirements/vdirsyncer-suite.lock
	$(COMPILE) requirements/caldav-suite.in --output-file requirements/caldav-suite.lock
	$(COMPILE) requirements/carddav-servers.in --output-file requirements/carddav-servers.lock
	$(BIN)/python -m tools.lock_front_end $(UPGRADE)

clean: ## Remove what was built and cached; .venv stays
	rm -rf build dist src/farley/web/static/dist frontend/node_modules frontend/.cache screenshots
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools benchmarks \( -name __pycache__ -o -name '*.mo' \) -prune -exec rm -rf {} + 2>/dev/null || true
