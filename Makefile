# `make run` and `make test` are all that a new clone needs; see README.md.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
PROFILE ?= quick
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run own full site test test-deep lab data bench bench-pets bench-transfer bench-own results lint lock clean

run: $(VENV)/installed
	$(PY) -m course run --profile $(PROFILE) $(if $(RESUME),--resume)

full:
	$(MAKE) run PROFILE=full

# A report on your own images, and a classifier: make own FOLDER=photos [NAME=...] [ARGS="-p MIN_ACCURACY 0.9"]
own: $(VENV)/installed
	$(PY) -m course own $(if $(FOLDER),"$(FOLDER)") $(if $(NAME),--name "$(NAME)") $(ARGS)

# Makes the site again from the last run.
site: $(VENV)/installed
	$(PY) -m course site

test: $(VENV)/installed
	$(PY) -m pytest -n auto --dist worksteal -m "not deep"

# Notebooks broken on purpose, and three on the full data where they are at hand.
test-deep: $(VENV)/installed
	$(PY) -m pytest -n auto --dist worksteal -m deep

lab: $(VENV)/installed
	$(PY) -m course lab

data: $(VENV)/installed
	$(PY) -m course data

bench: $(VENV)/installed
	$(PY) benchmarks/mnist.py

bench-pets: $(VENV)/installed
	$(PY) benchmarks/pets.py
	$(PY) benchmarks/pipeline.py

bench-transfer: $(VENV)/installed
	$(PY) benchmarks/transfer.py

bench-own: $(VENV)/installed
	$(PY) benchmarks/own_images.py

# What README.md quotes: both profiles, stored and turned into its tables.
results: $(VENV)/installed
	$(PY) -m course run --out build/quick
	$(PY) -m course run --out build/full --profile full
	cp build/quick/results.json benchmarks/results/quick.json
	cp build/full/results.json benchmarks/results/full.json
	$(PY) benchmarks/readme_tables.py

lint: $(VENV)/installed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m nbstripout --verify --extra-keys "metadata.papermill metadata.language_info cell.metadata.papermill" notebooks/*.ipynb

# `python3` if it is 3.11 to 3.13, else the first such Python on the path; PYTHON may name one. Bytecode is compiled while
# installing, since importing TensorFlow takes three to four times as long without it.
$(VENV)/installed: requirements.lock
	@set -e; for python in $(PYTHON) python3 python python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "Python 3.11, 3.12 or 3.13 is needed and was not found; set PYTHON=/path/to/python."; exit 1; fi; \
	echo "Making $(VENV) with $$("$$found" --version) (once; about 3 minutes)"; \
	"$$found" -m venv --clear $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --compile --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	touch $@

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" requirements.txt -o requirements.lock

clean:
	rm -rf build $(VENV) .pytest_cache .ruff_cache .hypothesis *.egg-info
