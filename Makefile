# `make up` runs Parley, `make test` proves it. Needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: up test check
up: $(VENV)/.up
	@exec $(BIN)/python manage.py up

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -q

test: check

$(VENV)/.uv: requirements/uv.txt
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.up: $(VENV)/.uv requirements/up.txt
	@$(BIN)/uv pip install -q -p $(VENV) --require-hashes --compile-bytecode -r requirements/up.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.up requirements/dev.txt
	@$(BIN)/uv pip install -q -p $(VENV) --require-hashes --compile-bytecode -r requirements/dev.txt
	@touch $@
