.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv/bin
# compiled bytecode halves the time that seventeen processes need to start
unexport PYTHONDONTWRITEBYTECODE

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install everything into .venv (done by the other targets)
	@$(PYTHON) dev/bootstrap.py

run: setup ## start the platform; Ctrl-C stops it, a second run keeps the data
	@$(VENV)/python -m dev run

demo: setup ## drive the main journey against the running platform, step by step
	@$(VENV)/python -m dev demo

faults: setup ## kill processes of the running platform in 20 journeys; nothing is lost, nothing doubled
	@$(VENV)/python -m dev faults

reset: setup ## stop nothing, delete all data of `make run`
	@$(VENV)/python -m dev reset

test: setup ## lint, types, imports, and every test
	@$(VENV)/python -m dev test

check: setup ## lint, types and imports only
	@$(VENV)/python -m dev test --only-checks

fmt: setup ## format the code
	@$(VENV)/ruff format . && $(VENV)/ruff check --fix .

bench: setup ## measure the figures of docs/quality.md, as ratios in one run
	@$(VENV)/python -m bench

schemas: setup ## write openapi.json of each service and asyncapi.yaml
	@$(VENV)/python -m dev.schemas

revision: setup ## new migration: make revision SERVICE=auth NAME=add_passkeys
	@$(VENV)/python -m dev revision $(SERVICE) $(NAME)

migrate: setup ## bring the databases of the running platform up to date
	@$(VENV)/python -m dev migrate

lock: setup ## resolve the newest versions and write requirements.lock files
	@$(PYTHON) dev/bootstrap.py --lock

token: setup ## print an access token: make token LOGIN=citizen
	@$(VENV)/python -m dev token $(LOGIN)

.PHONY: help setup run demo faults token reset test check fmt bench schemas revision migrate lock
