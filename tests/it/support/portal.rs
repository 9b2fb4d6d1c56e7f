//! The folder of the pages, and what Node runs there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use super::said;

/// The folder of the pages, built.
pub fn built_pages() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built = Command::new(root.join(".make/portal")).arg("--with-tests").output().expect("a shell");
        assert!(built.status.success(), "{}", said(&built));
        root.join("portal")
    })
}

/// Runs a program of Node's in the folder of the pages; answers what it said.
pub fn node(arguments: &[&str]) -> Output {
    Command::new("node").args(arguments).current_dir(built_pages()).output().expect("node")
}

/// Runs a script of the folder's package.
pub fn npm_run(arguments: &[&str]) -> Output {
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent"]).args(arguments).current_dir(built_pages()).output().expect("npm")
}
