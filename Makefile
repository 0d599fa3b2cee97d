# Everything runs in .venv, which the first call makes; later calls install only what
# pyproject.toml or constraints.txt changed. Needs Python 3.11 or newer with venv.
PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin
PIP = $(BIN)/python -m pip install -q --no-compile
# What no test imports is left out; some packages hold templates that are not Python.
COMPILE = { $(BIN)/python -m compileall -qq -j 0 -x '/tests?/|/testing/|transformers/models' .venv/lib || true; }
TOOLS = $(BIN)/python -m sitetools
# Two calls at once would spoil each other's .venv or site/.
LOCKED = $(PYTHON) -m sitetools.lock

help: ## print this list
	@awk -F ': .*## ' '/^[a-z]+: .*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

serve: .venv/site ## preview the site on this machine (PORT=8000); pages reload as you edit
	@$(BIN)/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' 2>/dev/null || \
	    { echo 'Port $(PORT) is in use; choose another, as in: make serve PORT=8001' >&2; exit 1; }
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs serve -a 127.0.0.1:$(PORT)

build: .venv/site ## build site/; if that fails, the earlier site/ stays
	@$(LOCKED) .cache/build.lock $(MAKE) --no-print-directory replace

replace:
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
	$(BIN)/rumdl check README.md RUNBOOK.md docs
	$(BIN)/zizmor --offline -q .github
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m pytest

check: .venv/check ## what a change of words needs; no torch, no browser (PAGE=docs/ko/index.md: one page)
	$(TOOLS) check $(PAGE)
	$(if $(PAGE),,NO_MKDOCS_2_WARNING=1 $(BIN)/python -m pytest tests --ignore=tests/browser -m "not torch and not browser")

results: .venv/test ## run the snippets that changed and freeze their results (FORCE=1: all)
	$(TOOLS) results $(if $(filter-out 0,$(FORCE)),--force)

update: .venv/test ## rewrite outputs from what the blocks print (PAGE=docs/en/index.md: of one page)
	$(BIN)/python -m pytest $(or $(PAGE),docs) --update -n0

mutate: .venv/test ## what no test notices, changed one at a time (ONLY=outputs, N=200, SEED=0)
	@ONLY="$(ONLY)" N="$(N)" SEED="$(SEED)" $(BIN)/python tests/mutate.py

bench: .venv/test ## measure what takes time, on this machine (ONLY=redraw: one of tests/benchmarks/)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python tests/benchmarks $(ONLY)

translations: .venv/site ## list what each language still has to translate, and what changed
	@$(TOOLS) status

language: .venv/site ## add a language: make language LANG=ja NAME=日本語
	@$(TOOLS) new-language "$(if $(filter command%,$(origin LANG)),$(LANG))" "$(NAME)"

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

.venv/site .venv/check .venv/test .venv/upkeep: pyproject.toml pip.txt constraints.txt
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo 'Needs Python 3.11 or newer with venv (Debian: python3-venv); name it as in: make serve PYTHON=python3.12' >&2; exit 1; }
	@$(LOCKED) .cache/install.lock $(MAKE) --no-print-directory install GROUP=$(@F)

# Another call may have installed it while this one waited. A .venv without its Python (it
# was upgraded or removed) is made again. Tests start hundreds of processes that may write
# no bytecode: without it each would compile torch's optimizers for seconds.
install:
	@$(BIN)/python -c '' 2>/dev/null || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	@if [ ! .venv/pip -nt pip.txt ]; then $(PIP) -r pip.txt && touch .venv/pip; fi
	@if [ ! .venv/$(GROUP) -nt pyproject.toml ] || [ ! .venv/$(GROUP) -nt constraints.txt ]; then \
	    $(PIP) -c constraints.txt --$(if $(filter test,$(GROUP)),no-)require-hashes --group $(GROUP) && \
	    $(if $(filter test,$(GROUP)),$(COMPILE) &&) \
	    touch .venv/$(GROUP) $(if $(filter check test,$(GROUP)),.venv/site); fi

.PHONY: help serve build replace test check results update mutate bench translations language constraints audit links clean install
