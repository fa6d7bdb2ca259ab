# Each line calls a tool; what a recipe needs, tools/env installs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.SILENT:
.PHONY: help setup up preview down service service-down test test-all check simulate bench generate new-resource docs pictures lock

STACK ?= dev
TIME_SCALE ?= 300
CLOUD_OPTIONS := --time-scale $(TIME_SCALE) --switch review.approves_at_once=1  # people review on the real cloud

help: ## what there is
	grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## the Python environment and the engine
	source tools/env

up: ## distribute the example's packages on the embedded cloud, publish its service, deploy it, and show what runs
	source tools/env
	computenest cloud status > /dev/null 2>&1 || computenest cloud start $(CLOUD_OPTIONS)
	pulumi stack select --create $(STACK) --non-interactive
	pulumi up --yes --skip-preview --non-interactive --stack $(STACK)
	computenest show <(pulumi stack output --json --stack $(STACK))
	computenest cloud status

preview: ## what `pulumi up` would do, with every line of the diff
	source tools/env
	computenest cloud status > /dev/null 2>&1 || computenest cloud start $(CLOUD_OPTIONS)
	pulumi preview --diff --non-interactive --stack $(STACK)

down: ## destroy the stack and stop the embedded cloud
	source tools/env
	if pulumi stack select $(STACK) --non-interactive 2>/dev/null; then
	  computenest cloud status > /dev/null 2>&1 || computenest cloud start $(CLOUD_OPTIONS)
	  pulumi destroy --yes --skip-preview --non-interactive --stack $(STACK)
	  pulumi stack rm --yes --non-interactive $(STACK)
	fi
	computenest cloud stop

service: ## a service of three charts on the embedded cluster, by way of the registry (examples/cloud-service)
	source tools/env
	computenest cloud start --cluster main
	eval "$$(computenest cloud env --cluster main)"
	pulumi --cwd examples/cloud-service stack select --create $(STACK) --non-interactive
	pulumi --cwd examples/cloud-service up --yes --skip-preview --non-interactive --stack $(STACK)
	computenest service status --namespace shop

service-down: ## destroy that service, and stop the cluster and the embedded cloud
	source tools/env
	computenest cloud start --cluster main
	eval "$$(computenest cloud env --cluster main)"
	pulumi --cwd examples/cloud-service destroy --yes --skip-preview --non-interactive --stack $(STACK)
	computenest cloud stop --cluster main
	computenest cloud stop

test: ## everything but the long ones, with `make check` beside them
	source tools/env
	tools/test

test-all: ## the long ones too
	source tools/env
	tools/test all

check: ## types, lint, import contracts, sizes
	source tools/env
	tools/check

simulate: ## direct distribution: 40,000 random lives, every scenario struck at every call
	source tools/env
	pytest tests/simulation -n 2 -q -rP -p no:cacheprovider

bench: ## tables of what users wait for
	source tools/env
	for bench in tests/bench/bench_*.py; do python "$$bench"; done

new-resource: ## the skeleton of a type of resource with its tests: make new-resource NAME=ContainerGroup
	source tools/env
	python tools/new-resource "$(NAME)"

generate: ## schema.json, the SDKs and the reference pages from the declarations
	source tools/env
	tools/generate

docs: ## the documentation site, into .computenest/site; a link that leads nowhere fails it
	source tools/env
	NO_MKDOCS_2_WARNING=1 python tools/docs.py

pictures: ## docs/pictures: terminals, console and report, as they look today
	tools/pictures/make

lock: ## resolve the dependencies anew
	source tools/env
	tools/lock
