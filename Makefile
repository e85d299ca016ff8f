# The tasks of this project. `make help` lists them; every task sets up its environment where it is missing.

VENV := .venv
LOWEST := .venv-lowest
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
LOWEST_STAMP := $(LOWEST)/.stamp

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-slow test-lowest lint format types imports doctest docs gallery bench clean

help: ## list the tasks
	@echo "Tasks of latentclass:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/\1|\2/p' Makefile | \
		while IFS='|' read -r task text; do printf '  make %-12s %s\n' "$$task" "$$text"; done

setup: $(STAMP) ## make the environment in .venv

$(STAMP): pyproject.toml requirements/dev.txt
	@sh tools/venv.sh $(VENV) requirements/dev.txt
	@touch $@

$(LOWEST_STAMP): pyproject.toml requirements/lowest.txt
	@sh tools/venv.sh $(LOWEST) requirements/lowest.txt 3.12
	@touch $@

demo: $(STAMP) ## run the example of the survey on internal social media
	@echo "==> running examples/internal_social_media.py"
	@$(BIN)/python examples/internal_social_media.py

test: $(STAMP) ## run the quick tests
	@echo "==> running the quick tests"
	@$(BIN)/python -m pytest -q -m "not slow"

test-slow: $(STAMP) ## run the slow tests
	@echo "==> running the slow tests"
	@$(BIN)/python -m pytest -q -m slow

test-lowest: $(LOWEST_STAMP) ## run the quick tests with Python 3.12 and the lowest versions allowed
	@echo "==> running the quick tests with the lowest versions allowed"
	@$(LOWEST)/bin/python -m pytest -q -m "not slow" -p no:cacheprovider

lint: $(STAMP) ## check style, formatting and the house rules
	@echo "==> checking style, formatting and the house rules"
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --check --quiet --output-format concise .
	@$(BIN)/python tools/house_rules.py src

format: $(STAMP) ## format the code and mend what can be mended
	@echo "==> formatting"
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

types: $(STAMP) ## check the types of the package
	@echo "==> checking the types"
	@$(BIN)/mypy

imports: $(STAMP) ## check that imports go one way
	@echo "==> checking the directions of imports"
	@$(BIN)/lint-imports

doctest: $(STAMP) ## run the examples in the docstrings
	@echo "==> running the examples in the docstrings"
	@$(BIN)/python -m pytest -q --doctest-modules src/latentclass

docs: $(STAMP) ## build the site in out/docs; run the code of its pages and its examples, follow links
	@echo "==> checking the pages of the documentation"
	@$(BIN)/python tools/check_docs.py
	@echo "==> running the examples of the gallery that changed, with few draws"
	@$(BIN)/python tools/gallery.py
	@echo "==> building the site in out/docs"
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs out/docs

gallery: $(STAMP) ## run the examples in full and keep what the gallery shows of them
	@echo "==> running the examples in full"
	@$(BIN)/python tools/gallery.py --full

bench: $(STAMP) ## run the benchmarks
	@echo "==> running the benchmarks"
	@set -e; for script in benchmarks/bench_*.py; do \
		test -f "$$script" || { echo "there are no benchmarks/bench_*.py yet"; exit 1; }; \
		echo "==> $$script"; $(BIN)/python "$$script"; done

clean: ## remove environments, caches and outputs
	@echo "==> removing $(VENV), $(LOWEST), caches and outputs"
	@rm -rf $(VENV) $(LOWEST) out docs/reference/generated build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests tools examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
