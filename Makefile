# `make up` runs Parley, `make test` proves it. Both need Python 3.11 or newer and make, nothing else.
# The parts that are embedded are tried with 3.11 to 3.13: those are preferred where there are several.
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$each && exit; \
	done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -q
# The lock alone decides what is installed: no configuration of uv's, here or in a folder above, may add to it or loosen it.
INSTALL := env -u UV_OVERRIDE -u UV_CONSTRAINT -u UV_BUILD_CONSTRAINT -u UV_EXCLUDE_NEWER -u UV_PRERELEASE \
	$(BIN)/uv pip install -q -p $(VENV) --no-config --no-deps --require-hashes --compile-bytecode
BIOME := $(BIN)/biome check --error-on-warnings
SLOW := wire or fault or security or browser
BESIDE := browser or fault

.PHONY: up check test lint lock bench shots chromium slapd
.DEFAULT_GOAL := up

up: $(VENV)/.up
	@exec $(BIN)/python manage.py up

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	@if [ -x $(BIN)/biome ]; then echo $(BIOME) && $(BIOME); else echo "biome: not built for this machine, left out"; fi
	$(BIN)/python -m tests.lint.budgets

check: lint
	$(PYTEST) -m "not ($(SLOW))"

# What waits for browsers and crashes runs beside the rest: each half takes one of two cores.
test: lint chromium slapd
	@$(PYTEST) -m "$(BESIDE)" > $(VENV)/waiting.log 2>&1 & waiting=$$!; \
	$(PYTEST) -m "not ($(BESIDE))"; rest=$$?; \
	wait $$waiting; browser=$$?; cat $(VENV)/waiting.log; exit $$((rest || browser))

# A browser is a program of the system: its package manager has it.
chromium:
	@sh deploy/chromium.sh

# So is a directory server; without it, signing in with LDAP is not tested.
slapd:
	@sh deploy/slapd.sh

bench: $(VENV)/.dev
	$(BIN)/python -m tests.load.bench $(if $(ONLY),--only $(ONLY)) $(if $(GROUPS),--groups $(GROUPS)) \
		$(if $(AGAINST),--against $(AGAINST) $(if $(PAIRS),--pairs $(PAIRS)))

shots: $(VENV)/.dev chromium
	$(BIN)/python -m tests.browser.shots

# Lock files hold hashes and no addresses.
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url pyproject.toml
lock: $(VENV)/.up
	$(COMPILE) -o requirements/prod.txt
	$(COMPILE) --group local -c requirements/prod.txt -o requirements/up.txt
	$(COMPILE) --group local --group dev -c requirements/up.txt -o requirements/dev.txt
	@sed -n '/^uv==/,/^[^ ]/p' requirements/up.txt | sed '$$d' > requirements/uv.txt
	$(BIN)/python -m tests.lint.budgets

$(VENV)/.uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Parley needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment here. On Debian: apt install python3-venv"; exit 1; }
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.up: $(VENV)/.uv requirements/up.txt
	@echo "Installing …"
	@$(INSTALL) -r requirements/up.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.up requirements/dev.txt
	@echo "Installing what the tests need …"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@
