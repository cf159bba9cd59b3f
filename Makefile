# What a newcomer types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help demo demo-kafka test properties mutations lint asyncapi evaluate throughput memory

# Tests without a broker: all of tests/ but tests/kafka/.
OFFLINE := $(patsubst tests/%.rs,--test %,$(wildcard tests/*.rs)) \
	$(patsubst tests/%/main.rs,--test %,$(filter-out tests/kafka/%,$(wildcard tests/*/main.rs)))
DATA ?= ../shared/data
# Each of the five properties over so many generated histories.
HISTORIES ?= 2000

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: ## play an evening at a hotel: no broker needed, under a minute once built
	@cargo run --locked --quiet -- demo

demo-kafka: ## the same evening through a real Kafka, with the staff app; Ctrl-C ends it (needs Java and Maven)
	@examples/demo-kafka/play $(if $(SPEED),--speed $(SPEED)) $(if $(SITE_LANGUAGE),--language $(SITE_LANGUAGE))

test: ## run every test, the integration tests on a Kafka broker that they start themselves
	HISTORIES=$(HISTORIES) cargo test --locked -p service-recovery -p staff-app --lib --bins --test program $(OFFLINE)
	@[ -n "$$KAFKA_BOOTSTRAP_SERVERS" ] || { tests/kafka/broker/get >/dev/null && tests/registry/get >/dev/null; }
	@tests/browser/get >/dev/null || true
	cargo test --locked --test kafka

properties: ## the invariants over new histories each time (HISTORIES=1000000 of each is five million)
	HISTORIES=$(HISTORIES) SEED=random cargo test --locked --test properties

mutations: ## make a dozen mistakes in the code, one by one, and see that a test notices each
	cargo test --locked --test mutations -- --ignored --nocapture

lint: ## check formatting, and clippy without a warning
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

asyncapi: ## validate docs/asyncapi.json and its examples with the AsyncAPI parser (needs Node.js)
	tests/asyncapi/validate

evaluate: ## replay real orders (DATA=dir with to_events.py) and print precision and recall
	tests/kafka/broker/get >/dev/null
	EVALUATION_DATA="$(abspath $(DATA))" cargo test --locked --test kafka evaluation -- --ignored --nocapture --test-threads=1

throughput: ## events/s and CPU of the service beside a program that only copies records (EVENTS=400000)
	tests/kafka/broker/get >/dev/null
	cargo bench --locked --bench throughput

memory: ## bytes per guest, in memory and on the state topic
	cargo bench --locked --bench guests
