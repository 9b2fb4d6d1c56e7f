//! Runs the stand-in for the demo tenant, until it is stopped.

use std::io::{self, Write as _};

use stripe_stand_in::demo;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let options = demo::arguments(std::env::args().skip(1)).map_err(io::Error::other)?;
    let stand_in = demo::start(options).await?;
    writeln!(io::stderr(), "Stripe is a stand-in at {}: no money moves.", stand_in.url())?;
    std::future::pending().await
}
