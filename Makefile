# make demo   profile a small real model three ways and write a report
# make test   every check and every test; what CI runs
# make app    the desktop app
# make lint   the checks alone

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test app lint format docs

demo: .venv/runtime-ready
	$(BIN)/kdedge demo --output demo-report

test: lint
	$(BIN)/python -m pytest

app: .venv/app-ready
	$(BIN)/kdedge app

lint: .venv/dev-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry .

format: .venv/dev-ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/dev-ready
	$(BIN)/python -m kdedge.cli.reference > docs/cli.md

# SOURCE_DATE_EPOCH makes llama.cpp's build leave out every CPU feature, which is many times slower.
.venv/runtime-ready: pyproject.toml constraints.txt
	-packaging/install-debian-packages build
	@echo "Setting up .venv. Compiling llama.cpp takes about 7 minutes on 2 cores, once."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	env -u SOURCE_DATE_EPOCH $(BIN)/python -m pip install --quiet -c constraints.txt -e '.[report,starter]'
	touch $@

.venv/app-ready: .venv/runtime-ready
	-packaging/install-debian-packages window
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[gui]'
	touch $@

.venv/dev-ready: .venv/runtime-ready
	-packaging/install-debian-packages window tests
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[distill,gui]' --group dev
	touch $@
