# `make run` and `make test` work on a new machine with Rust and Node, as any user, including root.

.PHONY: run test check release postgresql chromium portal

# Starts everything: a private PostgreSQL, the demo tenant, a stand-in for Stripe, the server and the portal; without Node, no
# portal.
run:
	@[ -n "$$DATABASE_URL" ] || .make/postgresql
	@.make/portal || echo "Starting without the portal." >&2
	@[ -e "$${CARGO_TARGET_DIR:-target}/debug/revshare" ] || \
		echo "Compiling the server: 3 to 4 minutes on two cores the first time, seconds afterwards ..." >&2
	@exec .make/run

# Runs all tests.
test: postgresql chromium
	@.make/portal --with-tests
	@[ -e "$${CARGO_TARGET_DIR:-target}/debug/deps" ] || \
		echo "Compiling the tests: about 6 minutes on two cores the first time, less afterwards ..." >&2
	cargo test --workspace

# What CI checks in addition to the tests: formatting, lints, documentation.
check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

# Builds the program for deployment, target/release/revshare, with the portal embedded.
release: portal
	@touch src/http/assets.rs
	cargo build --release

# Installs PostgreSQL's server programs if they are missing.
postgresql:
	@.make/postgresql

# Installs a browser for the tests of the portal if there is none.
chromium:
	@.make/chromium

# Builds the portal if something has changed.
portal:
	@.make/portal
