//! Documents that the server knows by their hash: those of the portal, which it trusts, and those that clients have sent
//! before (automatic persisted queries).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use clap::ValueEnum;
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::parameters::PersistedQuery;
use super::refused::Refused;
use crate::error::{Error, Result};

/// The operations of the portal, by the SHA-256 of their documents. Made from them by `npm run codegen` in `portal/`.
const PORTAL: &str = include_str!("../../portal/src/gql/persisted-documents.json");
/// How many bytes of documents of clients are remembered.
const REMEMBERED_BYTES: u64 = 8 * 1024 * 1024;

/// Which documents are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TrustedDocuments {
    /// All; none is known by its hash beforehand.
    Off,
    /// All; trusted ones may be named by their hash.
    Prefer,
    /// Trusted ones only, named by their hash or written out. Staff may send any.
    Only,
}

/// A document, as text, with its hash.
#[derive(Clone, Debug)]
pub struct Text {
    /// The document.
    pub text: Arc<str>,
    /// Its SHA-256, in hexadecimal.
    pub hash: String,
    /// The name of its operation, if the document is a trusted one.
    pub operation: Option<Arc<str>>,
    /// Whether the client would like it to be remembered.
    pub to_remember: bool,
}

/// The documents that a server knows.
pub struct Known {
    mode: TrustedDocuments,
    trusted: HashMap<String, (Arc<str>, Arc<str>)>,
    /// None if none are to be remembered.
    remembered: Option<Cache<String, Arc<str>>>,
}

impl Known {
    /// The documents of the portal, those of a file of the operator's, and room to remember others.
    pub fn new(mode: TrustedDocuments, file: Option<&Path>, remembers: bool) -> Result<Self> {
        let mut trusted = HashMap::new();
        if mode != TrustedDocuments::Off {
            trust(&mut trusted, PORTAL).map_err(Error::internal)?;
            if let Some(path) = file {
                let wrong = |reason: String| {
                    Error::bad_input("TRUSTED_DOCUMENTS_FILE", format!("{}: {reason}", path.display()))
                };
                let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
                trust(&mut trusted, &text).map_err(wrong)?;
            }
        }
        let weigh =
            |hash: &String, text: &Arc<str>| u32::try_from(hash.len() + text.len()).unwrap_or(u32::MAX);
        let remembered =
            remembers.then(|| Cache::builder().max_capacity(REMEMBERED_BYTES).weigher(weigh).build());
        Ok(Self { mode, trusted, remembered })
    }

    /// The document that a request means.
    pub fn find(
        &self,
        query: Option<String>,
        document_id: Option<&str>,
        persisted: Option<&PersistedQuery>,
        is_staff: bool,
    ) -> Result<Text, Refused> {
        let wrong = |message: &str| unknown("BAD_USER_INPUT", message);
        if let Some(id) = document_id {
            if query.is_some() || persisted.is_some() {
                return Err(wrong("send a query, a documentId or a persistedQuery, not several of them"));
            }
            let hash = id.strip_prefix("sha256:").unwrap_or(id).to_ascii_lowercase();
            return self.trusted(&hash).ok_or_else(|| {
                unknown(
                    "NOT_FOUND",
                    "there is no document with this documentId; a trusted one goes by sha256:<hash>",
                )
            });
        }
        let Some(query) = query else {
            let persisted =
                persisted.ok_or_else(|| wrong("the query is missing; write a GraphQL document"))?;
            return self.persisted(&persisted.hash().map_err(wrong)?, is_staff);
        };
        let hash = hash(&query);
        if let Some(persisted) = persisted
            && persisted.hash().map_err(wrong)? != hash
        {
            return Err(wrong("the sha256Hash is not the hash of the query"));
        }
        if let Some(text) = self.trusted(&hash) {
            return Ok(text);
        }
        if !self.takes_any(is_staff) {
            let message = "only the documents that this server trusts are executed, and this is none of them";
            return Err(unknown("FORBIDDEN", message));
        }
        Ok(Text { text: query.into(), hash, operation: None, to_remember: persisted.is_some() })
    }

    /// Remembers a document that was found valid, if its client would like that.
    pub fn remember(&self, document: &Text) {
        if let Some(remembered) = &self.remembered
            && document.to_remember
        {
            remembered.insert(document.hash.clone(), Arc::clone(&document.text));
        }
    }

    fn takes_any(&self, is_staff: bool) -> bool {
        self.mode != TrustedDocuments::Only || is_staff
    }

    fn trusted(&self, hash: &str) -> Option<Text> {
        let (text, operation) = self.trusted.get(hash)?;
        Some(Text {
            text: Arc::clone(text),
            hash: hash.to_owned(),
            operation: Some(Arc::clone(operation)),
            to_remember: false,
        })
    }

    fn persisted(&self, hash: &str, is_staff: bool) -> Result<Text, Refused> {
        if let Some(text) = self.trusted(hash) {
            return Ok(text);
        }
        let remembered = self.remembered.as_ref().filter(|_| self.takes_any(is_staff));
        let text = remembered.ok_or_else(not_supported)?.get(hash).ok_or_else(|| {
            // What Apollo's clients know, word by word: they send the document along with its hash.
            unknown("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        })?;
        Ok(Text { text, hash: hash.to_owned(), operation: None, to_remember: false })
    }
}

/// There is no document to execute.
fn unknown(code: &'static str, message: &str) -> Refused {
    Refused::document(code, "unknown document", message)
}

/// What Apollo's clients know, word by word: they send the document itself from now on.
fn not_supported() -> Refused {
    unknown("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Adds documents, as JSON from hash to text; says what is wrong with them.
fn trust(trusted: &mut HashMap<String, (Arc<str>, Arc<str>)>, json: &str) -> std::result::Result<(), String> {
    let documents: HashMap<String, String> = serde_json::from_str(json)
        .map_err(|error| format!("must be a JSON object of documents by their SHA-256: {error}"))?;
    for (named, text) in documents {
        let hash = hash(&text);
        if named.strip_prefix("sha256:").unwrap_or(&named) != hash {
            return Err(format!("{named} is not the SHA-256 of its document, which is {hash}"));
        }
        let document = parse_query(&text).map_err(|error| format!("{named} is no document: {error}"))?;
        let name = document.operations.iter().find_map(|(name, _)| name.map(ToString::to_string));
        let name = name.ok_or_else(|| format!("{named} has no operation with a name"))?;
        trusted.insert(hash, (text.into(), name.into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "query Mine { viewer { userId } }";

    fn known(mode: TrustedDocuments, remembers: bool) -> Known {
        let mut known =
            Known::new(mode, None, remembers).unwrap_or_else(|error| panic!("{}", error.describe()));
        known.trusted.clear();
        let json = serde_json::json!({ hash(QUERY): QUERY }).to_string();
        if mode != TrustedDocuments::Off {
            trust(&mut known.trusted, &json).unwrap_or_else(|error| panic!("{error}"));
        }
        known
    }

    fn named(hash: &str) -> PersistedQuery {
        PersistedQuery { version: 1, sha256_hash: hash.to_owned() }
    }

    /// The operation or the code that a request comes to.
    fn found(
        known: &Known,
        query: Option<&str>,
        id: Option<&str>,
        apq: Option<&str>,
        is_staff: bool,
    ) -> String {
        let apq = apq.map(named);
        match known.find(query.map(str::to_owned), id, apq.as_ref(), is_staff) {
            Ok(text) => text.operation.map_or("any".to_owned(), |name| name.to_string()),
            Err(refused) => refused.code.to_owned(),
        }
    }

    #[test]
    fn trusted_documents_go_by_their_hash() {
        let (id, other) = (format!("sha256:{}", hash(QUERY)), hash("{x}"));
        for (mode, trusted, any, any_for_staff) in [
            (TrustedDocuments::Off, "NOT_FOUND", "any", "any"),
            (TrustedDocuments::Prefer, "Mine", "any", "any"),
            (TrustedDocuments::Only, "Mine", "FORBIDDEN", "any"),
        ] {
            let known = known(mode, true);
            assert_eq!(found(&known, None, Some(&id), None, false), trusted);
            assert_eq!(found(&known, None, Some(&other), None, true), "NOT_FOUND");
            assert_eq!(found(&known, Some("{x}"), None, None, false), any);
            assert_eq!(found(&known, Some("{x}"), None, None, true), any_for_staff);
            assert_eq!(found(&known, Some("{x}"), Some(&id), None, true), "BAD_USER_INPUT");
            assert_eq!(found(&known, None, None, None, true), "BAD_USER_INPUT");
        }
        assert_eq!(found(&known(TrustedDocuments::Only, true), Some(QUERY), None, None, false), "Mine");
    }

    #[test]
    fn a_document_is_remembered_once_it_was_found_valid() -> Result<(), Refused> {
        let (known, sent) = (known(TrustedDocuments::Prefer, true), hash("{x}"));
        assert_eq!(found(&known, None, None, Some(&sent), false), "PERSISTED_QUERY_NOT_FOUND");
        assert_eq!(found(&known, Some("{y}"), None, Some(&sent), false), "BAD_USER_INPUT");
        assert_eq!(found(&known, Some("{x}"), None, Some("what?"), false), "BAD_USER_INPUT");
        let text = known.find(Some("{x}".to_owned()), None, Some(&named(&sent)), false)?;
        assert_eq!(found(&known, None, None, Some(&sent), false), "PERSISTED_QUERY_NOT_FOUND");
        known.remember(&text);
        assert_eq!(found(&known, None, None, Some(&sent), false), "any");
        assert_eq!(found(&known, None, None, Some(&hash(QUERY)), false), "Mine");
        Ok(())
    }

    #[test]
    fn where_none_is_remembered_clients_are_told_so() {
        let sent = hash("{x}");
        let unable = known(TrustedDocuments::Prefer, false);
        assert_eq!(found(&unable, None, None, Some(&sent), true), "PERSISTED_QUERY_NOT_SUPPORTED");
        let only = known(TrustedDocuments::Only, true);
        assert_eq!(found(&only, None, None, Some(&sent), false), "PERSISTED_QUERY_NOT_SUPPORTED");
        assert_eq!(found(&only, None, None, Some(&sent), true), "PERSISTED_QUERY_NOT_FOUND");
    }

    #[test]
    fn documents_of_an_operator_must_be_what_their_hash_says() {
        let said = |json: &str| trust(&mut HashMap::new(), json).err().unwrap_or_default();
        assert!(said("[]").contains("JSON object"));
        assert!(said(r#"{"abc":"query Q{x}"}"#).contains("not the SHA-256"));
        let nameless = serde_json::json!({ hash("{x}"): "{x}" }).to_string();
        assert!(said(&nameless).contains("no operation with a name"));
        let broken = serde_json::json!({ hash("{"): "{" }).to_string();
        assert!(said(&broken).contains("no document"));
    }
}
