//! What the stand-in knows: the objects of each platform, the answers that keys have, and the events.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::event::Event;
use crate::idempotency::KeptAnswer;
use crate::onboarding::Link;

/// How many events of a platform are kept.
const EVENTS_MAX: usize = 1000;

/// What the stand-in knows.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct State {
    /// The number of the last id with each prefix.
    counters: BTreeMap<String, u64>,
    /// By the account of the platform.
    books: BTreeMap<String, Book>,
    #[serde(skip)]
    pub random_ids: bool,
    /// The request that is being executed, as its events name it: id and idempotency key.
    #[serde(skip)]
    pub cause: (Option<String>, Option<String>),
    /// Events that happened since they were last taken.
    #[serde(skip)]
    unsent: Vec<Event>,
}

/// What belongs to one platform.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Book {
    pub livemode: bool,
    /// By their type (`object`), the oldest first.
    objects: BTreeMap<String, Vec<Value>>,
    pub keys: BTreeMap<String, KeptAnswer>,
    /// The balances that are limited, by currency.
    pub balances: BTreeMap<String, i64>,
    /// The links to the onboarding page, by their token.
    pub links: BTreeMap<String, Link>,
    pub events: Vec<Event>,
}

/// Returns the seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl State {
    /// Reads the state from its file; a missing file is an empty state.
    pub(crate) fn load(file: &Path) -> io::Result<Self> {
        match fs::read(file) {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the state to its file: another file replaces it, so that it is always complete.
    pub(crate) fn save(&self, file: &Path) -> io::Result<()> {
        let unfinished = file.with_extension("unfinished");
        fs::write(&unfinished, serde_json::to_vec(self)?)?;
        fs::rename(&unfinished, file)
    }

    /// Returns a new id with this prefix.
    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        if self.random_ids {
            return format!("{prefix}_{}", Uuid::new_v4().simple());
        }
        let counter = self.counters.entry(prefix.to_owned()).or_default();
        *counter += 1;
        format!("{prefix}_{counter}")
    }

    /// Returns what belongs to a platform.
    pub(crate) fn book(&mut self, platform: &str) -> &mut Book {
        self.books.entry(platform.to_owned()).or_default()
    }

    /// Returns the platform that has an object.
    pub(crate) fn platform_of(&self, kind: &str, id: &str) -> Option<String> {
        let owner = self.books.iter().find(|(_, book)| book.find(kind, id).is_some());
        owner.map(|(platform, _)| platform.clone())
    }

    /// Returns all objects of a type, the oldest of each platform first.
    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = (&String, &Value)> {
        let kind = kind.to_owned();
        self.books
            .iter()
            .flat_map(move |(platform, book)| book.all(&kind).iter().map(move |object| (platform, object)))
    }

    pub(crate) fn books(&self) -> impl Iterator<Item = (&String, &Book)> {
        self.books.iter()
    }

    pub(crate) fn books_mut(&mut self) -> impl Iterator<Item = &mut Book> {
        self.books.values_mut()
    }

    /// Records that something happened, to a platform or to a connected account of it.
    pub(crate) fn emit(&mut self, platform: &str, account: Option<&str>, kind: &str, data: Value) {
        let id = self.new_id("evt");
        let livemode = self.book(platform).livemode;
        let (request, key) = self.cause.clone();
        let mut body = json!({
            "id": id,
            "object": "event",
            "api_version": crate::API_VERSION,
            "created": now(),
            "data": data,
            "livemode": livemode,
            "pending_webhooks": 1,
            "request": { "id": request, "idempotency_key": key },
            "type": kind,
        });
        if let Some(account) = account {
            body["account"] = json!(account);
        }
        let event = Event {
            id,
            kind: kind.to_owned(),
            platform: platform.to_owned(),
            account: account.map(str::to_owned),
            body: body.to_string(),
        };
        let events = &mut self.book(platform).events;
        events.push(event.clone());
        let superfluous = events.len().saturating_sub(EVENTS_MAX);
        events.drain(..superfluous);
        self.unsent.push(event);
    }

    pub(crate) fn take_unsent(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.unsent)
    }
}

impl Book {
    /// Adds an object, whose type is in `object`; one with the same id is replaced.
    pub(crate) fn put(&mut self, object: Value) {
        let kind = text(&object, "object").to_owned();
        let id = text(&object, "id").to_owned();
        let objects = self.objects.entry(kind).or_default();
        match objects.iter_mut().find(|other| text(other, "id") == id) {
            Some(other) => *other = object,
            None => objects.push(object),
        }
    }

    pub(crate) fn find(&self, kind: &str, id: &str) -> Option<&Value> {
        self.all(kind).iter().find(|object| text(object, "id") == id)
    }

    pub(crate) fn find_mut(&mut self, kind: &str, id: &str) -> Option<&mut Value> {
        self.objects.get_mut(kind)?.iter_mut().find(|object| text(object, "id") == id)
    }

    pub(crate) fn remove(&mut self, kind: &str, id: &str) {
        if let Some(objects) = self.objects.get_mut(kind) {
            objects.retain(|object| text(object, "id") != id);
        }
    }

    /// Returns the objects of a type, the oldest first.
    pub(crate) fn all(&self, kind: &str) -> &[Value] {
        self.objects.get(kind).map_or(&[], Vec::as_slice)
    }
}

/// Returns a field that is a text, or an empty one.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// Returns a field that is an amount, or 0.
pub(crate) fn amount(object: &Value, field: &str) -> i64 {
    object[field].as_i64().unwrap_or_default()
}
