# The two commands of the README. Both work on a fresh machine that has Rust, as any user, root included.

.PHONY: run test check postgresql

# Starts everything: a private PostgreSQL, the demo tenant, the server.
run:
	@[ -n "$$DATABASE_URL" ] || .make/postgresql
	@exec cargo run

# Everything there is to test.
test: postgresql
	cargo test

# What CI checks beside the tests.
check:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

# Installs PostgreSQL's server where it is missing and can be installed.
postgresql:
	@.make/postgresql
