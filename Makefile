# Everything that is done with this project has a target here; `make` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

CARGO ?= cargo
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share
UNITDIR ?= $(PREFIX)/lib/systemd/system
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
ZSHCOMPDIR ?= $(DATADIR)/zsh/site-functions
FISHCOMPDIR ?= $(DATADIR)/fish/vendor_completions.d
DESTDIR ?=
FUZZ_SECONDS ?= 60

# release, or dev: `make install PROFILE=dev DESTDIR=...` is what the tests use, without a second build of everything.
PROFILE ?= release

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# Before 1.0 the soname carries the minor version: 0.1.7 is libmailrep.so.0.1.
SOVERSION := $(shell echo '$(VERSION)' | cut -d. -f1,2)
TARGET := $(or $(CARGO_TARGET_DIR),target)
VENV := $(TARGET)/venv
# Tests and checks use one set of features and one profile, so that dependencies are built once.
FEATURES := --all-features
ifeq ($(PROFILE),dev)
OUT := $(TARGET)/debug
PROFILE_FLAGS := $(FEATURES)
else
OUT := $(TARGET)/release
PROFILE_FLAGS := --release --features cli,capi
endif
# Where the milter that is installed is linked: without a path to the library.
LINKED ?= $(abspath $(OUT)/installed)
PYTHON_SCRIPTS := scripts/run-tests scripts/policy-manual scripts/instruction-counts scripts/outbound-prior scripts/crate-licences tests/c/run tests/package/run tests/package/clean_root.py tests/data/make.py benches/peers/pyspf.py benches/peers/dkimpy.py tests/peers
C_WARNINGS := -Wall -Wextra -Wpedantic -Werror
export PATH := $(abspath $(TARGET)/tools/bin):$(PATH)

.PHONY: help demo build lib command milter install-milter test test-rust properties test-c test-package test-python check check-rust \
	check-dependencies check-python check-c check-messages install deb header man bench bench-milter soak instructions fuzz wheel python-docs tools

help: ## list the targets
	@echo 'mailrep $(VERSION)'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name words; do printf '  make %-20s %s\n' "$$name" "$$words"; done

demo: ## build, then check three bundled messages offline and say why
	$(CARGO) build $(FEATURES) --bin mailrep
	scripts/demo $(TARGET)/debug/mailrep

build: lib command ## release build: the libraries for C and the command line (PROFILE=dev for a quick one)

lib:
	$(CARGO) rustc --lib $(PROFILE_FLAGS) --crate-type cdylib,staticlib -- -C link-arg=-Wl,-soname,libmailrep.so.$(SOVERSION)
	ln -sf libmailrep.so $(OUT)/libmailrep.so.$(SOVERSION)

command:
	$(CARGO) build $(PROFILE_FLAGS) --bin mailrep

milter: lib ## build the Postfix milter against the shared library
	$(MAKE) --no-print-directory -C bindings/milter OUT='$(abspath $(OUT))' MAILREP_CFLAGS='-I$(abspath include)' \
		MAILREP_LIBS='-L$(abspath $(OUT)) -lmailrep' LDFLAGS='-Wl,-rpath,$(abspath $(OUT))'

test: tools ## install what the tests need and run every suite
	$(MAKE) --no-print-directory lib PROFILE=dev
	scripts/run-tests

test-rust: ## only the Rust tests
	scripts/run-tests rust doc

PROPERTY_ROUNDS ?= 20

properties: ## the property tests PROPERTY_ROUNDS (20) times, each time with other cases; tests that can fail by luck are wrong
	$(CARGO) nextest run $(FEATURES) --no-run
	for round in $$(seq $(PROPERTY_ROUNDS)); do \
		PROPTEST_RNG_SEED=$$RANDOM$$RANDOM $(CARGO) nextest run $(FEATURES) --status-level fail -E 'test(tests::) | test(propert)'; \
	done

test-c: ## only the C tests
	$(MAKE) --no-print-directory lib PROFILE=dev
	scripts/run-tests c

test-package: tools ## only the Debian packages, in a clean Debian
	scripts/run-tests package

test-python: tools ## only the Python tests
	scripts/run-tests python

check: check-rust check-dependencies check-c check-python check-messages ## format, lints, documentation, licences, types

check-rust:
	$(CARGO) fmt --all --check
	rustfmt --check --edition 2024 fuzz/fuzz_targets/*.rs benches/peers/mail_auth/main.rs
	$(CARGO) clippy --all-targets $(FEATURES) -- -D warnings
	$(CARGO) clippy --no-default-features --lib -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps $(FEATURES)

# Advisories need the network and change from day to day; these three do not. All targets' crates are looked at, so that
# they have to be here first; it also shows that Cargo.lock is in step.
check-dependencies: tools
	$(CARGO) fetch --locked
	$(CARGO) deny --offline $(FEATURES) --log-level error check --hide-inclusion-graph licenses bans sources

check-c:
	@if test -e include/mailrep.h; then \
		echo 'the header alone, as C11 and as C++17'; \
		gcc -std=c11 $(C_WARNINGS) -fsyntax-only -x c include/mailrep.h; \
		g++ -std=c++17 $(C_WARNINGS) -fsyntax-only -x c++ include/mailrep.h; \
	else echo 'skipped: the C header (include/mailrep.h is not there)'; fi

check-python: tools
	$(VENV)/bin/ruff check $(PYTHON_SCRIPTS)
	$(VENV)/bin/ruff format --check $(PYTHON_SCRIPTS)
	@if test -d bindings/python/src; then \
		set -x; cd bindings/python; \
		$(abspath $(VENV))/bin/ruff check .; \
		$(abspath $(VENV))/bin/ruff format --check .; \
		$(abspath $(VENV))/bin/mypy --strict --python-executable $(abspath $(VENV))/bin/python src; \
	else echo 'skipped: the Python package (bindings/python/src is not there)'; fi

check-messages: tools
	$(VENV)/bin/python tests/data/make.py --check
	$(VENV)/bin/python scripts/policy-manual --check

# As root there often is no cargo: then what `make build` built is installed.
install: $(if $(shell command -v $(CARGO)),build) ## install into DESTDIR, under PREFIX (/usr/local)
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)' '$(DESTDIR)$(MANDIR)/man1' \
		'$(DESTDIR)$(UNITDIR)' '$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(MANDIR)/man8' '$(DESTDIR)$(DATADIR)/doc/mailrep' \
		'$(DESTDIR)$(BASHCOMPDIR)' '$(DESTDIR)$(ZSHCOMPDIR)' '$(DESTDIR)$(FISHCOMPDIR)'
	install -m 755 $(OUT)/mailrep '$(DESTDIR)$(BINDIR)/mailrep'
	install -m 644 include/mailrep.h '$(DESTDIR)$(INCLUDEDIR)/mailrep.h'
	install -m 755 $(OUT)/libmailrep.so '$(DESTDIR)$(LIBDIR)/libmailrep.so.$(VERSION)'
	ln -sf libmailrep.so.$(VERSION) '$(DESTDIR)$(LIBDIR)/libmailrep.so.$(SOVERSION)'
	ln -sf libmailrep.so.$(SOVERSION) '$(DESTDIR)$(LIBDIR)/libmailrep.so'
	install -m 644 $(OUT)/libmailrep.a '$(DESTDIR)$(LIBDIR)/libmailrep.a'
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		mailrep.pc.in > '$(DESTDIR)$(LIBDIR)/pkgconfig/mailrep.pc'
	sed -e 's|@BINDIR@|$(BINDIR)|' packaging/mailrep-srs.service.in > '$(DESTDIR)$(UNITDIR)/mailrep-srs.service'
	for page in man/*.1; do install -m 644 "$$page" '$(DESTDIR)$(MANDIR)/man1/'; done
	install -m 644 man/*.5 '$(DESTDIR)$(MANDIR)/man5/'
	install -m 644 man/*.8 '$(DESTDIR)$(MANDIR)/man8/'
	install -m 644 completions/mailrep.bash '$(DESTDIR)$(BASHCOMPDIR)/mailrep'
	install -m 644 completions/_mailrep '$(DESTDIR)$(ZSHCOMPDIR)/_mailrep'
	install -m 644 completions/mailrep.fish '$(DESTDIR)$(FISHCOMPDIR)/mailrep.fish'
	install -m 644 packaging/mailrep.toml docs/*.md '$(DESTDIR)$(DATADIR)/doc/mailrep/'
	@if test -e /usr/include/libmilter/mfapi.h; then \
		$(MAKE) --no-print-directory install-milter; \
	else echo 'not installed: mailrep-milter (libmilter-dev is not here)'; fi

install-milter:
	$(MAKE) --no-print-directory -C bindings/milter OUT='$(LINKED)' MAILREP_CFLAGS='-I$(abspath include)' \
		MAILREP_LIBS='-L$(abspath $(OUT)) -lmailrep'
	install -D -m 755 '$(LINKED)/mailrep-milter' '$(DESTDIR)$(SBINDIR)/mailrep-milter'
	sed -e 's|@SBINDIR@|$(SBINDIR)|' packaging/mailrep-milter.service.in > '$(DESTDIR)$(UNITDIR)/mailrep-milter.service'

# Not in debian/.., where dpkg-buildpackage puts packages.
deb: ## build Debian packages into target/deb (PROFILE=dev for quick ones)
	rm -rf '$(TARGET)/deb'
	install -d '$(TARGET)/deb'
	debian/rules clean
	debian/rules binary PROFILE=$(PROFILE) DESTINATION='$(abspath $(TARGET)/deb)'
	debian/rules clean
	@ls -1 '$(TARGET)'/deb/*.deb

# The tests `header`, `man_pages` and `completions` compare what is committed with what is generated, and write it when MAILREP_BLESS is set.
header: ## write include/mailrep.h and mailrep.symbols anew from src/ffi
	MAILREP_BLESS=1 $(CARGO) test $(FEATURES) --test header

man: ## write the man pages and completions anew from the command line's own definitions and docs/filter.md
	MAILREP_BLESS=1 $(CARGO) test $(FEATURES) --bin mailrep -- man_pages completions_are
	scripts/policy-manual

bench: ## run every bench (release profile)
	$(CARGO) bench $(FEATURES) --benches

# The release milter, by a harness of the tests' own profile: the dependencies are there already.
bench-milter: milter ## what the milter costs in a real Postfix, beside opendkim (a minute or two, on an idle machine)
	MAILREP_MILTER='$(abspath $(OUT))/mailrep-milter' $(CARGO) bench --profile dev $(FEATURES) --bench milter

soak: milter ## 50,000 messages of all kinds through the milter in a real Postfix, whose memory has to be steady (two minutes)
	MAILREP_MILTER='$(abspath $(OUT))/mailrep-milter' $(CARGO) bench --profile dev $(FEATURES) --bench milter -- soak

instructions: ## compare the instructions of fixed work with benches/instructions.json
	scripts/instruction-counts

fuzz: ## run every fuzz target for FUZZ_SECONDS (60)
	scripts/fuzz $(FUZZ_SECONDS)

python-docs: tools ## make the Python package's documentation in target/python-docs
	bindings/python/make-docs

wheel: tools ## build the Python wheel into dist/
	bindings/python/build-wheel dist

tools: ## install what tests and checks need (quick when all is there)
	@scripts/install-test-tools
