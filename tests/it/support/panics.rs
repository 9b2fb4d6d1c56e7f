//! No panic of the product's own code, in any test that runs it within this process.

use std::panic;
use std::sync::{Mutex, Once, PoisonError};

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// From now on, takes down every panic that comes from `src/`.
pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |information| {
            if information.location().is_some_and(|at| at.file().starts_with("src/")) {
                PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(information.to_string());
            }
            before(information);
        }));
    });
}

/// Fails if there was one.
pub fn must_not_have_been() {
    let panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(std::thread::panicking() || panics.is_empty(), "the product panicked: {panics:#?}");
}
