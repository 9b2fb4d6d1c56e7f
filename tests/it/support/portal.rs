//! The built portal, and Node.js programs run in its folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use super::output_text;

/// Builds the portal once per process; returns its folder.
pub fn built_pages() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built = Command::new(root.join(".make/portal")).arg("--with-tests").output().expect("a shell");
        assert!(built.status.success(), "{}", output_text(&built));
        root.join("portal")
    })
}

/// Runs `node` in the portal's folder.
pub fn node(arguments: &[&str]) -> Output {
    Command::new("node").args(arguments).current_dir(built_pages()).output().expect("node")
}

/// Runs a script of the portal's package.
pub fn npm_run(arguments: &[&str]) -> Output {
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent"]).args(arguments).current_dir(built_pages()).output().expect("npm")
}
