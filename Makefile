# Each target works as the only command on a fresh machine with Python >= 3.11, make and git:
# it builds .venv by itself, and again whenever a pyproject.toml has changed.
#
#   make demo PYTHON=python3.12       another interpreter (after `make clean`)
#   make test ARGS='-k deadline -n0'  more arguments for pytest

PYTHON ?= python3
WORKERS ?= 2
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# Members are found by their folders: one added later comes by itself.
MEMBERS := $(patsubst %/pyproject.toml,%,$(sort $(wildcard src/adapters/*/pyproject.toml plugins/*/pyproject.toml)))
PROJECTS := pyproject.toml $(MEMBERS:%=%/pyproject.toml)
# All are built by hatchling: it is installed once, not anew for each of them.
EDITABLE := --no-build-isolation -e . $(foreach member,$(MEMBERS),-e $(member))
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

READY := $(VENV)/.ready
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-sqlalchemy20 check format bench mutants docs certify dev clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 26

demo: $(RUNTIME) ## show what the core does, on real messages
	@$(BIN)/wenzheng demo $(ARGS)

test: $(DEV) ## every test but the long ones, and every example in the documentation
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

# A venv that holds an older SQLAlchemy and finds everything else in the first one.
OLDER := .venv-sa20
SITE := import sysconfig; print(sysconfig.get_path("purelib"))
STORES := sqlite sqlite_specifics postgresql mariadb diary rows opening schema guarding \
	joined joined_office

$(OLDER)/.ready: $(DEV)
	@rm -rf $(OLDER) && $(BIN)/python -m venv --without-pip $(OLDER)
	@$(PIP) --python $(OLDER)/bin/python install 'sqlalchemy<2.1'
	@echo "import site; site.addsitedir('$$($(BIN)/python -c '$(SITE)')')" \
		> "$$($(OLDER)/bin/python -c '$(SITE)')/first.pth"
	@touch $@

test-sqlalchemy20: $(OLDER)/.ready ## the SQL stores with the oldest SQLAlchemy line that they support
	@$(OLDER)/bin/python -c 'import sqlalchemy as s; assert s.__version__ < "2.1", s.__version__'
	@HYPOTHESIS_PROFILE=fast $(OLDER)/bin/python -m pytest -n $(WORKERS) -p no:cacheprovider \
		-m 'not slow and not long' $(STORES:%=tests/adapters/sqlalchemy/test_%.py) $(ARGS)

check: $(DEV) ## style, types and the dependency rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(DEV) ## put the code into its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV) ## measure what the documentation promises
	@set -e; for script in $(sort $(wildcard benchmarks/*.py)); do \
		echo "== $$script"; $(BIN)/python $$script $(ARGS); \
	done

# In a copy, so that no mutant ever stands in src; the tool has a venv of its own, so that `make dev`
# stays quick. Python must not take old bytecode for a mutant's: that of the three modules goes.
MUTANTS := $(CURDIR)/build/mutants
SCORES := SELECT module_path, count(*), sum(test_outcome = \"SURVIVED\") FROM mutation_specs \
	JOIN work_results USING (job_id) WHERE worker_outcome != \"SKIPPED\" GROUP BY module_path

mutants: $(DEV) ## change the engine in 844 small ways: does a test fail for each? (15 minutes)
	@test -x $(MUTANTS)/venv/bin/cosmic-ray || { $(PYTHON) -m venv $(MUTANTS)/venv && \
		$(MUTANTS)/venv/bin/python -m pip --disable-pip-version-check --quiet install cosmic-ray; }
	@rm -rf $(MUTANTS)/copy $(MUTANTS)/session.sqlite && mkdir $(MUTANTS)/copy && \
		cp -r pyproject.toml cosmic-ray.toml src tests $(MUTANTS)/copy
	@cd $(MUTANTS)/copy && export PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH=$(MUTANTS)/copy/src && \
		python -c 'import wenzheng_core as w; assert w.__file__.startswith("$(MUTANTS)"), w.__file__' && \
		python -m pytest -q -p no:cacheprovider --noconftest tests/domain/test_engine_mutants.py && \
		rm -f $(patsubst %,src/wenzheng_core/domain/__pycache__/%.*,timelimits escalation tables) && \
		../venv/bin/cosmic-ray baseline cosmic-ray.toml && \
		../venv/bin/cosmic-ray init cosmic-ray.toml ../session.sqlite && \
		../venv/bin/cr-filter-operators ../session.sqlite cosmic-ray.toml && \
		../venv/bin/cosmic-ray exec cosmic-ray.toml ../session.sqlite && \
		../venv/bin/cr-report --surviving-only --show-diff ../session.sqlite
	@$(BIN)/python -c 'import sqlite3; [print(f"{m}: {n} mutants, {s} survive: {1 - s / n:.1%}") \
		for m, n, s in sqlite3.connect("$(MUTANTS)/session.sqlite").execute("$(SCORES)")]'

docs: $(DEV) ## run the examples in README and docs
	@$(BIN)/python -m pytest $(wildcard README.md README.zh-CN.md) docs $(ARGS)

certify: $(DEV) ## examine every city and write the CERTIFICATE.md of its plugin
	@$(BIN)/python plugins/certify.py $(ARGS)

dev: $(DEV) ## only build .venv, with the developer's tools

clean: ## remove .venv and every cache
	rm -rf $(VENV) $(OLDER) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY):
	@command -v $(PYTHON) >/dev/null || { \
		echo "wenzheng: no '$(PYTHON)' here; install Python 3.11 or later, or name one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "wenzheng: $$($(PYTHON) --version) is too old; Python 3.11 or later is needed: make PYTHON=..." >&2; exit 1; }
	@rm -rf $(VENV)
	@echo "wenzheng: building $(VENV) with $$($(PYTHON) --version)" >&2
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "wenzheng: '$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PIP) install --upgrade pip hatchling editables
	@touch $@

$(RUNTIME): $(READY) $(PROJECTS)
	@echo "wenzheng: installing the core and $(words $(MEMBERS)) members" >&2
	@$(PIP) install $(EDITABLE)
	@touch $@

$(DEV): $(READY) $(PROJECTS)
	@echo "wenzheng: installing the core, $(words $(MEMBERS)) members and the developer's tools" >&2
	@$(PIP) install $(EDITABLE) --group tools
	@touch $(RUNTIME) $@
