# The two commands of the README. Both work on a fresh machine that has Rust and Node, as any user, root included.

.PHONY: run test check release postgresql chromium portal

# Starts everything: the pages, a private PostgreSQL, the demo tenant, the server. Without Node, it starts without the pages.
run:
	@[ -n "$$DATABASE_URL" ] || .make/postgresql
	@.make/portal || echo "Starting without the pages." >&2
	@exec cargo run

# Everything there is to test.
test: postgresql chromium
	@.make/portal --with-tests
	cargo test

# What CI checks beside the tests.
check:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

# The program as it is deployed, target/release/revshare, with the pages within.
release: portal
	@touch src/http/pages.rs
	cargo build --release

# Installs PostgreSQL's server where it is missing and can be installed.
postgresql:
	@.make/postgresql

# Installs a browser for the tests where it is missing and can be installed.
chromium:
	@.make/chromium

# Builds the portal, if something has changed.
portal:
	@.make/portal
