//! The `revshare` program.

use std::process::ExitCode;

use clap::Parser;

use revshare::cli::Cli;
use revshare::error::{Error, Result};
use revshare::telemetry;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Documents nest; a parser that recurses into them needs room.
const STACK_BYTES: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    run(Cli::parse()).unwrap_or_else(|error| {
        eprintln!("error: {}", error.describe());
        // As `diff` and clap do: 1 is an answer, 2 is trouble.
        ExitCode::from(2)
    })
}

fn run(cli: Cli) -> Result<ExitCode> {
    let telemetry = telemetry::start(&cli.settings)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
    let code = runtime.map_err(Error::internal)?.block_on(revshare::run(cli));
    telemetry.finish();
    code
}
