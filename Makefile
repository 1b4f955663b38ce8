# Mayday. `make help` lists every command; each is one line that a person could type.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export MAYDAY_DATA_DIR ?= var
# Compiled files are kept, whatever the shell says: tests and servers start in half the time.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run install demo test torture test-fast coverage lint types format lock vendor clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# Pip only brings uv, which installs what is pinned: it reads the pins alike whatever pip a Python ships
# (pip before 23.3 takes `coverage[toml]` for unpinned), in a tenth of the time. A virtual environment that
# was copied from elsewhere names its first place in its scripts, so it is made anew.
SYNC := $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes
MAYDAY := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .

$(VENV)/uv: requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit("Mayday needs Python 3.11 or later." if sys.version_info < (3, 11) else 0)'
	@grep -qsF "$(CURDIR)/$(VENV)" $(BIN)/activate || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r requirements-uv.txt
	@touch $@

# Make compares dates: nothing is downloaded again until a pin changes.
$(VENV)/installed: requirements.txt pyproject.toml $(VENV)/uv
	@echo "Installing the pinned libraries into $(VENV) (once) …"
	@$(SYNC) requirements.txt
	@$(MAYDAY)
	@touch $@

# What a folder that was tried out holds besides the product stays there: its environment, data and settings.
install: ## install for good: TO=/opt/mayday copies the product there, EXTRAS=otel adds tracing
ifneq ($(TO),)
	@mkdir -p "$(TO)"
	@tar --create --exclude-vcs --exclude=./.venv --exclude=./var --exclude=./.env --exclude=__pycache__ --exclude='*.egg-info' --exclude='.*_cache' . | tar --extract --no-same-owner --directory "$(TO)"
	@$(MAKE) --no-print-directory --directory "$(TO)" install TO= EXTRAS=$(EXTRAS)
else
	@$(MAKE) --no-print-directory $(VENV)/installed
ifneq ($(EXTRAS),)
	@$(SYNC) requirements-$(EXTRAS).txt
	@$(MAYDAY)
endif
endif

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Installing what the tests need into $(VENV) (once) …"
	@$(SYNC) requirements-dev.txt
	@$(MAYDAY)
	@touch $@

run: $(VENV)/installed ## install, migrate and serve on http://127.0.0.1:8000 (PORT=… to change)
	@MAYDAY_PORT=$${PORT:-$${MAYDAY_PORT:-8000}} $(BIN)/mayday serve

demo: $(VENV)/installed ## fill a small believable response to look around in
	@$(BIN)/mayday demo

# Three processes on two cores: while one waits (for a server, a browser, a time limit), two work.
test: $(VENV)/installed-dev ## every test (browser, PostgreSQL and Redis tests run where those are there)
	@$(BIN)/python -m pytest -n 3 --dist loadgroup

# The same tests with the numbers that take minutes each.
torture: $(VENV)/installed-dev ## the long forms of the tests that guess, storm and kill
	@MAYDAY_TEST_GUESSES=100000 MAYDAY_TEST_MESSAGES=10000 $(BIN)/python -m pytest tests/devices/test_guesses.py tests/messages/test_mailbox_storm.py

# Of each part the files that say its rules, in one process each: what one runs after each change. A test
# keeps every folder in it.
FAST := tests/test_settings.py tests/test_docs.py tests/test_addresses.py tests/journal tests/board \
	tests/accounts/test_roles.py tests/accounts/test_join.py tests/accounts/test_contact.py \
	tests/api/test_whoami.py tests/attachments/test_remove.py tests/events/test_decide.py \
	tests/events/test_list.py tests/graph/test_query.py tests/interchange/test_broken_reports.py \
	tests/jobs/test_enqueue.py tests/jobs/test_cancel.py tests/live/test_frames.py \
	tests/live/test_hub_close.py tests/ops/test_logs.py tests/ops/test_cache.py \
	tests/places/test_distance.py tests/places/test_coordinates.py tests/resources/test_allocate.py \
	tests/resources/test_amounts.py tests/devices/test_pairing.py tests/messages/test_mailbox.py tests/volunteers/test_accept.py tests/volunteers/test_check_in.py \
	tests/volunteers/test_hours.py tests/webhooks/test_pages.py tests/feeds/test_filters.py

test-fast: $(VENV)/installed-dev ## the rules of each part, in less than a minute
	@$(BIN)/python -m pytest -n 2 -m "not slow and not browser and not postgres" $(FAST)

coverage: $(VENV)/installed-dev ## how much of the services the tests run (must stay above 90%)
	@$(BIN)/coverage erase
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -m "not browser" --cov --cov-report=
	@$(BIN)/coverage report --skip-covered
	@$(BIN)/python tools/service_coverage.py

lint: $(VENV)/installed-dev ## style and errors
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/installed-dev ## type check
	@$(BIN)/mypy

format: $(VENV)/installed-dev ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: $(VENV)/installed-dev ## make the hashed pins from pyproject.toml anew
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group pyproject.toml:tools -o requirements-uv.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra scale --group build pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra scale --extra otel --group build pyproject.toml -c requirements.txt -o requirements-otel.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra scale --extra otel --group build --group test --group lint --group tools pyproject.toml -o requirements-dev.txt
	@$(SYNC) requirements-dev.txt
	@$(MAYDAY)
	@$(BIN)/python tools/notices.py

vendor: $(VENV)/installed ## fetch the front-end libraries anew (needs Node)
	@$(BIN)/python tools/vendor.py

clean: ## remove what make has made, but not your data
	@rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
