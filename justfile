# One line each, over scripts/ and cargo: CI and people without `just` run the same things.

[private]
default:
    @just --list --unsorted

# start Wareroom in one process, its data in ./wareroom-data
run *arguments:
    cargo run --bin wareroom -- {{ arguments }}

# everything that must hold before a change goes in; or only the stages that are named
test *stages:
    scripts/test {{ stages }}

# real servers for tests and for trying: `eval "$(just services up)"`, down, status
services action *servers:
    scripts/services {{ action }} {{ servers }}

# the tests of one crate: `just crate wareroom-domain`
crate name *filter:
    cargo test -p {{ name }} {{ filter }}

# put the code into its form
fmt:
    cargo fmt --all

# lints, as strict as in CI
lint:
    scripts/test clippy

# the map, the import rules, and whether the documents tell the truth
architecture:
    cargo test -p wareroom-system-tests --test system architecture

# fault tests for longer: without a row, lists them with rounds done and wanted
faults *arguments:
    scripts/faults {{ arguments }}

# write openapi/openapi.json anew
openapi:
    scripts/openapi

# write docs/configuration.md and docs/wareroom.toml anew
configuration-docs:
    scripts/configuration-docs

# look at the page at / with a browser; --update takes the README's picture
look-at-page *arguments:
    scripts/look-at-page {{ arguments }}

# measure; needs a quiet machine
bench *arguments:
    scripts/bench {{ arguments }}

# which lines of domain, application and adapters their own tests reach
coverage *lines:
    scripts/coverage {{ lines }}

# licences, bans and sources of what comes in from outside
deny:
    scripts/deny

# known holes in what comes in from outside; needs GitHub
advisories:
    scripts/advisories

# the documentation of all crates
docs:
    cargo doc --workspace --no-deps --open
