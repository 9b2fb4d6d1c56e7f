//! The `revshare` program.

use std::process::ExitCode;

use clap::Parser;

use revshare::commands;
use revshare::commands::args::Cli;
use revshare::commands::telemetry;
use revshare::primitives::error::{Error, Result};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The parser and the checks of GraphQL documents are recursive.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Runs the program. Public, because the load benchmark includes this file to run the same program.
pub fn main() -> ExitCode {
    run(Cli::parse()).unwrap_or_else(|error| {
        eprintln!("error: {}", error.describe());
        // As for `diff` and clap: 1 is a negative result, 2 an error.
        ExitCode::from(2)
    })
}

fn run(cli: Cli) -> Result<ExitCode> {
    let telemetry = telemetry::start(&cli.settings)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
    let code = runtime.map_err(Error::internal)?.block_on(commands::run(cli));
    telemetry.finish();
    code
}
