# Everything runs in .venv, which the first call makes; later calls install only what
# pyproject.toml or constraints.txt changed. Needs Python 3.11 or newer with venv.
PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin
PIP = $(BIN)/python -m pip install -q --no-compile -c constraints.txt
export NO_MKDOCS_2_WARNING = 1

help: ## print this list
	@awk -F ': .*## ' '/^[a-z]+: .*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

serve: .venv/site ## preview the site on this machine (PORT=8000); pages reload as you edit
	$(BIN)/python -m mkdocs serve -a 127.0.0.1:$(PORT)

build: .venv/site ## build site/; if that fails, the earlier site/ stays
	rm -rf site.new
	$(BIN)/python -m mkdocs build --strict -d site.new || { rm -rf site.new; exit 1; }
	rm -rf site
	mv site.new site

test: .venv/test ## lint, types, Markdown, workflows, then every block, output, number and page
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/rumdl check README.md docs
	$(BIN)/zizmor --offline -q .github
	$(BIN)/python -m pytest

check: .venv/check ## what a change of words needs: pages, translations, links; no torch, no browser
	$(BIN)/python hooks/translations.py check
	$(BIN)/python -m pytest tests --ignore=tests/browser -m "not torch and not browser"

results: .venv/test ## run the snippets that changed and freeze their results (FORCE=1: all)
	$(BIN)/python hooks/recompute.py

update: .venv/test ## rewrite the outputs on the pages from what the blocks print
	$(BIN)/python -m pytest docs --update -n0

mutate: .venv/test ## what no test notices, changed one at a time (ONLY=outputs, N=200, SEED=0)
	@ONLY="$(ONLY)" N="$(N)" SEED="$(SEED)" $(BIN)/python tests/mutate.py

bench: .venv/test ## measure what a watched training step and a redrawn explorer cost here
	$(BIN)/python tests/benchmark.py

translations: .venv/site ## list what each language still has to translate, and what changed
	@$(BIN)/python hooks/translations.py status

language: .venv/site ## add a language: make language LANG=ja NAME=日本語
	@$(BIN)/python hooks/new_language.py "$(if $(filter command%,$(origin LANG)),$(LANG))" "$(NAME)"

# The oldest Python decides. What only CUDA needs belongs to one machine, not here.
constraints: .venv/pip ## pin the newest versions of everything in constraints.txt
	@mkdir -p .cache
	@$(BIN)/python -m pip install --dry-run --ignore-installed --target .cache/none \
	    --python-version 3.11.0 --only-binary=:all: --group test pip > .cache/newest
	@{ sed -n '/^#/p' constraints.txt; \
	    sed -n 's/^Would install //p' .cache/newest | tr ' ' '\n' | \
	    sed -E '/^(nvidia|cuda|triton)/d; s/\+.*//; s/-([^-]+)$$/==\1/' | LC_ALL=C sort -f; } > .cache/constraints
	mv .cache/constraints constraints.txt

clean: ## remove .venv, site/ and caches
	rm -rf .venv site site.new .cache .mypy_cache .pytest_cache .ruff_cache .rumdl_cache

.venv/pip: constraints.txt
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo 'Needs Python 3.11 or newer with venv (Debian: python3-venv); name it as in: make serve PYTHON=python3.12' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) --upgrade pip
	@touch $@

.venv/site .venv/check .venv/test: pyproject.toml .venv/pip
	$(PIP) --group $(@F)
	@touch .venv/site $@

.PHONY: help serve build test check results update mutate bench translations language constraints clean
