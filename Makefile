# What is longer than a line is a script in tests/bin or tests/lab.
.DEFAULT_GOAL := help
.PHONY: help unit simulate up down purge status build test integration chart-test e2e affected bench

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-17s %s\n", $$1, $$2}'
	@echo 'KUBECONFIG=... IMAGE=registry/name:tag: a cluster of yours, else a three-node lab on this machine (root, Debian)'
	@echo 'ARCHITECTURE=$(or $(ARCHITECTURE),replication)  RELEASE=$(or $(RELEASE),redis-ha)  NAMESPACE=$(or $(NAMESPACE),default)'
	@echo 'architectures: replication, cluster, sentinel, peers; e2e also takes LEVEL=smoke or full, CLASS=cluster/ScaleE2E,..., SEED=...'
	@echo 'bench also takes RUNS=5, and of replication PART=figures,faults,hangs,loss,throughput (CUTS=20 of loss); sentinel, too, if it is asked for'

unit: ## all tests that need no root, no cluster and no containers; what mvn test runs
	@tests/bin/unit

simulate: ## the simulations, SEEDS=100000 of each kind from FIRST=0 on; KINDS=single,planned,chaos,sentinel,... or all of them
	@tests/bin/simulate

up: ## a cluster if none is given, the image, the release, and a demonstration
	@tests/bin/up

down: ## remove all that was started; what was built stays in a cache
	@tests/bin/down

purge: ## down, and remove the cache too
	@tests/bin/down all

status: ## nodes, pods and who is what
	@tests/bin/status

build: ## the program and its image
	@tests/bin/build

test: ## all that CI runs; LEVEL=full: every test that there is
	@tests/bin/test

integration: ## of the above: the program against real servers, in containers, and an API server
	@tests/bin/test integration

chart-test: ## of the above: templates, lint, docs, and what the API server says to the manifests
	@tests/bin/test chart

e2e: ## of the above: what users see, on the cluster
	@tests/bin/test e2e

affected: ## what to call for the changes since BASE=main
	@tests/bin/test affected

bench: ## the figures, side by side with the version before and with what Redis itself offers (not part of test)
	@tests/bin/test bench
