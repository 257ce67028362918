//! Runs the bare peer: prints a join token, then acknowledges whatever simulated agents say.
#![expect(clippy::print_stdout, reason = "the join token is what this program is asked for")]

use anyhow::Result;
use dogwatch_tests::load::{bare::Bare, process::raise_open_files};

#[tokio::main]
async fn main() -> Result<()> {
    raise_open_files()?;
    let bare = Bare::bind().await?;
    println!("{}", bare.join_token()?);
    bare.serve().await
}
