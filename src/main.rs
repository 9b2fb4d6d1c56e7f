//! The `revshare` program.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use revshare::cli::{Cli, LogFormat};

/// Documents nest; a parser that recurses into them needs room.
const STACK_BYTES: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_as(cli.settings.log_format);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(revshare::run(cli)),
        Err(error) => Err(revshare::error::Error::internal(error)),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", error.describe());
            // As `diff` and clap do: 1 is an answer, 2 is trouble.
            ExitCode::from(2)
        }
    }
}

fn log_as(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
