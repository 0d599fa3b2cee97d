# Everything runs in .venv, which the first call makes; later calls install only what
# pyproject.toml or constraints.txt changed. Needs Python 3.11 or newer with venv.
PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin
PIP = $(BIN)/python -m pip install -q --no-compile
export NO_MKDOCS_2_WARNING = 1

help: ## print this list
	@awk -F ': .*## ' '/^[a-z]+: .*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

serve: .venv/site ## preview the site on this machine (PORT=8000); pages reload as you edit
	$(BIN)/python -m mkdocs serve -a 127.0.0.1:$(PORT)

build: .venv/site ## build site/; if that fails, the earlier site/ stays
	rm -rf site.new
	$(BIN)/python -m mkdocs build --strict -d site.new || { rm -rf site.new; exit 1; }
	rm -rf site.old
	if [ -d site ]; then mv site site.old; fi
	mv site.new site
	rm -rf site.old

test: .venv/test ## lint, types, Markdown, workflows, then every block, output, number and page
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/rumdl check README.md docs
	$(BIN)/zizmor --offline -q .github
	$(BIN)/python -m pytest

check: .venv/check ## what a change of words needs: pages, translations, links; no torch, no browser
	$(BIN)/python -m sitetools.translate.staleness check
	$(BIN)/python -m pytest tests --ignore=tests/browser -m "not torch and not browser"

results: .venv/test ## run the snippets that changed and freeze their results (FORCE=1: all)
	$(BIN)/python -m sitetools.measure.remeasure

update: .venv/test ## rewrite the outputs on the pages from what the blocks print
	$(BIN)/python -m pytest docs --update -n0

mutate: .venv/test ## what no test notices, changed one at a time (ONLY=outputs, N=200, SEED=0)
	@ONLY="$(ONLY)" N="$(N)" SEED="$(SEED)" $(BIN)/python tests/mutate.py

bench: .venv/test ## measure what takes time, on this machine (ONLY=redraw: one of tests/benchmarks/)
	$(BIN)/python tests/benchmarks $(ONLY)

translations: .venv/site ## list what each language still has to translate, and what changed
	@$(BIN)/python -m sitetools.translate.staleness status

language: .venv/site ## add a language: make language LANG=ja NAME=日本語
	@$(BIN)/python -m sitetools.translate.new_language "$(if $(filter command%,$(origin LANG)),$(LANG))" "$(NAME)"

# The oldest Python decides. torch has no hashes, since its CPU build is another file on each
# system, and what only CUDA needs belongs to one machine, not here.
constraints: .venv/upkeep ## pin what pyproject.toml asks for, with hashes (UPGRADE=1: the newest)
	@mkdir -p .cache
	@cp constraints.txt .cache/constraints
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --fork-strategy fewest \
	    --only-binary :all: --generate-hashes --no-annotate --no-header \
	    $(if $(UPGRADE),--upgrade) --group test --group upkeep -o .cache/constraints
	@{ sed -n '/^[#-]/p' pip.txt; sed -n '/^pip==/,/[^\\]$$/p' .cache/constraints; } > .cache/pip
	@{ sed -n '/^[#-]/p' constraints.txt; awk '/^torch==/ { print $$1 } \
	    /^[a-z]/ { keep = !/^(torch=|triton|cuda|nvidia)|pypy/ } keep' .cache/constraints; } > .cache/pins
	mv .cache/pins constraints.txt
	mv .cache/pip pip.txt

audit: .venv/upkeep ## ask which pinned version has a known vulnerability (needs the network)
	@mkdir -p .cache
	@grep -o '^[a-z][^ ]*==[^ ;]*' constraints.txt > .cache/versions
	@$(BIN)/pip-audit --strict -s osv -f markdown --disable-pip --no-deps -r .cache/versions

links: ## list links to other sites that do not answer any more (needs the network)
	@$(PYTHON) .github/check_links.py

clean: ## remove .venv, site/ and caches
	rm -rf .venv site site.new site.old .cache .mypy_cache .pytest_cache .ruff_cache .rumdl_cache

.venv/pip: pip.txt constraints.txt
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo 'Needs Python 3.11 or newer with venv (Debian: python3-venv); name it as in: make serve PYTHON=python3.12' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) -r pip.txt
	@touch $@

.venv/site .venv/check .venv/test: pyproject.toml .venv/pip
	$(PIP) -c constraints.txt --$(if $(filter test,$(@F)),no-)require-hashes --group $(@F)
	@touch .venv/site $@

.venv/upkeep: pyproject.toml .venv/pip
	$(PIP) -c constraints.txt --require-hashes --group upkeep
	@touch $@

.PHONY: help serve build test check results update mutate bench translations language constraints audit links clean
