//! Detects panics of the product's own code in the tests that run it in this process.

use std::panic;
use std::sync::{Mutex, Once, PoisonError};

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Installs a panic hook that records every panic raised in `src/`.
pub fn record() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |information| {
            if information.location().is_some_and(|at| at.file().starts_with("src/")) {
                PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(information.to_string());
            }
            previous(information);
        }));
    });
}

/// Fails the test if the product has panicked.
pub fn assert_none() {
    let panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(std::thread::panicking() || panics.is_empty(), "the product panicked: {panics:#?}");
}
