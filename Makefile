# The one entry point for people and for CI. Needs a POSIX shell, make and Python 3.11+.
#   PORT=8001 make up      KLINGDESK_DATA=/somewhere make up      PYTHON=python3.12 make up
.PHONY: help python base dev up backup restore test lint messages requirements bench bench-tickets bench-growth bench-reports bench-search bench-pages docs screenshots clean

PYTHON ?= python3
BIN = .venv/bin
DESK = $(BIN)/python scripts/desk.py
UV = $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate
ARGS =

help:
	@echo 'make up            run the desk on this machine: http://127.0.0.1:8000/admin/'
	@echo 'make backup        write the desk of this machine into FILE=..., also while it runs'
	@echo 'make restore       put FILE=... back; the desk must be stopped (ARGS=--replace over what is there)'
	@echo 'make test          all tests that need nothing but this machine (ARGS=... for pytest)'
	@echo 'make lint          style, types, layers, templates, migrations, system checks'
	@echo 'make bench         measure search, deadlines and queues on a throw-away database'
	@echo 'make bench-tickets measure queue, claims, hand-overs and sweeps with a million tickets (ARGS="--many 100000")'
	@echo 'make bench-reports measure the reports over two years and a million tickets (ARGS="--tickets 100000")'
	@echo 'make bench-growth  measure what a ticket costs: rows, bytes, CPU (ARGS="--history 20000")'
	@echo 'make bench-search  measure how often the right question is found (ARGS=FILE.tsv for other words)'
	@echo 'make bench-pages   measure how long the server takes for every page of every role (ARGS="--tickets 100000")'
	@echo 'make docs          build the documentation into site/, and check its links'
	@echo 'make screenshots   take the pictures of the documentation anew (needs chromium)'
	@echo 'make messages      collect texts to translate (needs GNU gettext)'
	@echo 'make requirements  compile requirements/*.in into requirements/*.txt'
	@echo 'make clean         remove caches and compiled files; keeps .data and .venv'

python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
		echo 'klingdesk: $(PYTHON) not found; install Python 3.11 or newer, or name one: PYTHON=/path/to/python3 make up' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "klingdesk: $(PYTHON) is `$(PYTHON) -V 2>&1`; klingdesk needs Python 3.11 or newer: PYTHON=python3.11 make up" >&2; exit 1; }

base: python
	@$(PYTHON) scripts/venv.py base

dev: python
	@$(PYTHON) scripts/venv.py dev

up: base
	@exec $(DESK) up

backup: base
	@test -n '$(FILE)' || { echo 'klingdesk: which file? make backup FILE=/path/desk.backup' >&2; exit 1; }
	@exec $(DESK) backup '$(FILE)' $(ARGS)

restore: base
	@test -n '$(FILE)' || { echo 'klingdesk: which file? make restore FILE=/path/desk.backup' >&2; exit 1; }
	@exec $(DESK) restore '$(FILE)' $(ARGS)

test: dev
	@$(DESK) run -- $(BIN)/python -m pytest -n 2 -m 'not browser and not services' $(ARGS)

lint: dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(DESK) run -- $(BIN)/python -m mypy
	$(BIN)/lint-imports
	find . -path ./.venv -prune -o -path '*/templates/*' -name '*.html' -print | xargs $(BIN)/djade --target-version 5.2 --check
	$(DESK) run -- $(BIN)/python manage.py makemigrations --check --dry-run
	$(DESK) run -- $(BIN)/python manage.py check --fail-level WARNING

bench: base
	@$(DESK) run -- $(BIN)/python -m bench

bench-tickets: base
	@$(DESK) run -- $(BIN)/python -m bench.tickets $(ARGS)

bench-reports: base
	@$(DESK) run -- $(BIN)/python -m bench.reports $(ARGS)

bench-growth: base
	@$(DESK) run -- $(BIN)/python -m bench.growth $(ARGS)

bench-search: base
	@$(BIN)/python bench/search_quality.py $(or $(ARGS),kb/data/measure.tsv bench/blind.tsv)

bench-pages: base
	@$(DESK) run -- $(BIN)/python -m bench.pages $(ARGS)

docs: python
	@$(PYTHON) scripts/venv.py docs
	@$(BIN)/python scripts/check_docs.py
	@$(BIN)/zensical build --clean --strict --config-file mkdocs.yml
	@$(BIN)/python scripts/check_docs.py site

screenshots: python
	@$(PYTHON) scripts/venv.py browser
	@$(BIN)/python scripts/screenshots.py $(ARGS)

messages: dev
	$(DESK) run -- $(BIN)/python manage.py makemessages --locale zh_Hans --no-wrap --no-location --no-obsolete --ignore '.venv/*' --ignore 'tests/*'

requirements: python
	@$(PYTHON) scripts/venv.py base
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --disable-pip-version-check --quiet uv==0.13.9
	cd requirements && for name in base dev browser tracing docs; do ../$(UV) -o $$name.txt $$name.in || exit 1; done

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache staticfiles artefacts site .cache
	find . -path ./.venv -prune -o -path ./.data -prune -o -name __pycache__ -type d -print | while read -r folder; do rm -rf "$$folder"; done
	find locale -name '*.mo' -exec rm -f {} +
