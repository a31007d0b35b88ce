# make help says what there is.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Tests run in this many processes, a file in one of them; 0: in one, without pytest-xdist.
WORKERS ?= 2
# Passed on to pytest, or to the command in question.
ARGS ?=
EX ?=

# An interpreter that was asked for by name is the one to use; else the best that is there.
ONLY := $(if $(filter file,$(origin PYTHON)),,--only)
define set_up
@$(PYTHON) -c pass >/dev/null 2>&1 || { echo "There is no working Python called '$(PYTHON)'. Install Python 3.11, 3.12 or 3.13, or name one: make $@ PYTHON=/path/to/python3" >&2; exit 1; }
@$(PYTHON) tools/set_up.py $(1) $(ONLY)
endef

.DEFAULT_GOAL := help
.PHONY: help study airflow setup setup-dev try check test oracle walk hostile fidelity fuzz lint format lock prove record bench clean

study: ## open the course in your browser: lessons, notebooks, Airflow. Start here [ARGS="--port 9000"]
	$(call set_up,study)
	@$(BIN)/autograder study $(ARGS)

airflow: ## open Airflow's own pages, with your DAGs
	$(call set_up,study)
	@$(BIN)/autograder study --open airflow/ $(ARGS)

help: ## say what there is
	@echo "When Tasks Fail: an Airflow course, graded by running your DAGs."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

setup: ## make .venv with what grading needs, and say how to activate it
	$(call set_up,base --say)

setup-dev: ## make .venv with tests and lint too
	$(call set_up,dev --say)

try: ## grade two sample submissions and show their reports
	$(call set_up,base)
	@$(BIN)/autograder try

check: ## grade an exercise: make check EX=1 [ARGS="--part 2.1 --hints 1"]
	$(call set_up,base)
	@test -n "$(EX)" || { echo "Which exercise? For instance: make check EX=1" >&2; exit 2; }
	@$(BIN)/autograder check $(EX) $(ARGS)

test: ## run the tests [ARGS="-k watch"] [WORKERS=0]
	$(call set_up,dev)
	$(BIN)/pytest $(if $(filter-out 0,$(WORKERS)),-n $(WORKERS) --dist loadfile --no-loadscope-reorder) $(ARGS)

oracle: ## run every scenario of tests/oracle through Airflow's own scheduler loop too [ARGS="-k sensors"]
	$(call set_up,dev)
	$(BIN)/pytest tests/oracle -m "oracle or not oracle" $(ARGS)

walk: ## go through every lab and Airflow in a browser, from a fresh clone, as a learner would [ARGS="-k 02"]
	$(call set_up,dev)
	$(BIN)/pytest tests/walk -m "walk or not walk" $(ARGS)

hostile: ## try every hostile submission in every layer of the jail, and print the table [ARGS="-k forging"]
	$(call set_up,dev)
	$(BIN)/pytest tests/hostile -m "hostile or not hostile" --table $(ARGS)

fidelity: ## run the same DAGs in a real Airflow too, and compare [ARGS=outcomes]
	$(call set_up,dev)
	$(BIN)/python -m tests.fidelity $(ARGS)

fuzz: ## feed control what nobody sends on purpose, guided by coverage [ARGS="--seconds 600 --only runs"]
	$(call set_up,dev)
	@$(BIN)/python -c "import atheris" 2>/dev/null || $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-fuzz.lock || true
	$(BIN)/python -m tests.fuzz $(ARGS)

lint: ## ruff check, ruff format, strict types
	$(call set_up,dev)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: ## put the code into the one format
	$(call set_up,dev)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## compile the locks anew from pyproject.toml [ARGS=--upgrade]
	$(call set_up,dev)
	$(BIN)/python tools/lock.py $(ARGS)

prove: ## hold every exercise against its solutions and its wrong answers [EX=1]
	$(call set_up,base)
	@$(BIN)/autograder prove $(EX) $(ARGS)

record: ## write down anew what the runs on the lessons' pages show [ARGS=02]
	$(call set_up,dev)
	$(BIN)/python -m tools.record $(ARGS)

bench: ## print what we claim about speed, as ratios
	$(call set_up,dev)
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove .venv and every cache (work/ is yours: it stays)
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './work/*' -prune -exec rm -rf {} +
