//! What the server, its tasks and the handle share.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::delivery::{self, Delivery};
use crate::event::Event;
use crate::fault::Planned;
use crate::look::Request;
use crate::options::{EventTarget, Options, Platform};
use crate::state::State;

/// What the server, its tasks and the handle share.
pub(crate) struct Shared {
    pub url: String,
    state: Mutex<State>,
    state_file: Option<PathBuf>,
    pub platforms: Mutex<Vec<Platform>>,
    pub targets: Mutex<Vec<EventTarget>>,
    pub event_retries: Vec<Duration>,
    pub faults: Mutex<Vec<Planned>>,
    /// The keys whose requests are being executed, with the accounts of their platforms.
    pub running: Mutex<BTreeSet<(String, String)>>,
    pub requests: Mutex<Vec<Request>>,
    pub deliveries: Mutex<Vec<Delivery>>,
    pub holds_events: AtomicBool,
    pub stopped: watch::Sender<bool>,
    /// The runtime that it was started in: acts of tests may be called from other threads.
    pub runtime: Handle,
}

/// Locks a mutex. A panic while it was locked is one of a test's closure, and has changed nothing.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Must be called within a runtime.
    pub(crate) fn new(options: Options, mut state: State, url: String) -> Self {
        state.random_ids = options.random_ids;
        for platform in &options.platforms {
            state.book(&platform.account).livemode = platform.livemode;
        }
        Self {
            url,
            state: Mutex::new(state),
            state_file: options.state_file,
            platforms: Mutex::new(options.platforms),
            targets: Mutex::new(options.events_to),
            event_retries: options.event_retries,
            faults: Mutex::default(),
            running: Mutex::default(),
            requests: Mutex::default(),
            deliveries: Mutex::default(),
            holds_events: AtomicBool::new(false),
            stopped: watch::channel(false).0,
            runtime: Handle::current(),
        }
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&locked(&self.state))
    }

    /// Calls a function that could change the state but does not, so that nothing is written or sent.
    pub(crate) fn read_mut<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut locked(&self.state))
    }

    /// Changes the state, writes it to its file, and then sends the events of the change.
    pub(crate) fn change<T>(self: &Arc<Self>, act: impl FnOnce(&mut State) -> T) -> T {
        let (result, events) = {
            let mut state = locked(&self.state);
            let result = act(&mut state);
            if let Some(file) = &self.state_file
                && let Err(error) = state.save(file)
            {
                tracing::error!(%error, file = %file.display(), "cannot write the state of the Stripe stand-in");
            }
            (result, state.take_unsent())
        };
        if !self.holds_events.load(Ordering::SeqCst) {
            for event in events {
                delivery::start(self, &event);
            }
        }
        result
    }

    /// Returns where an event is sent.
    pub(crate) fn targets_of(&self, event: &Event) -> Vec<EventTarget> {
        let is_meant = |target: &&EventTarget| {
            target.connect == event.account.is_some()
                && target.platform.as_ref().is_none_or(|platform| *platform == event.platform)
        };
        locked(&self.targets).iter().filter(is_meant).cloned().collect()
    }

    /// Ends all waiting, and the sending of events.
    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }
}
