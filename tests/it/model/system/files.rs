//! The files of statements: whatever happens after they were issued, their bytes stay the same.

use std::collections::BTreeMap;

use serde_json::json;

use super::System;
use crate::api::statements::{file, sha256};

/// PDF files are rendered for so many statements of a scenario: laying one out takes longer than a step.
const PDF_FILES_MAX: usize = 2;
const STATEMENTS: &str = "{ statements(first: 100) { nodes { files { format path } } } }";

/// The hash of each file that was downloaded, by its path.
#[derive(Default)]
pub struct StatementFiles(BTreeMap<String, String>);

impl System {
    /// Downloads the files of the statements that have been issued since.
    pub async fn download_statements(&mut self) {
        for (path, is_pdf) in self.statement_paths().await {
            let pdf_files = self.files.0.keys().filter(|path| path.ends_with(".pdf")).count();
            if !self.files.0.contains_key(&path) && (!is_pdf || pdf_files < PDF_FILES_MAX) {
                let hash = self.hash_of_file(&path).await;
                self.files.0.insert(path, hash);
            }
        }
    }

    /// Renames the partners; returns the paths of files whose bytes then differ from those that were downloaded first.
    pub async fn changed_files(&self) -> Vec<String> {
        for partner in &self.partners {
            self.tenant.update_partner(partner, json!({ "companyName": "Renamed" })).await;
        }
        let mut changed = Vec::new();
        for (path, hash) in &self.files.0 {
            if self.hash_of_file(path).await != *hash {
                changed.push(path.clone());
            }
        }
        changed
    }

    /// Returns the path of each CSV and PDF file of a statement, and whether it is a PDF file.
    async fn statement_paths(&self) -> Vec<(String, bool)> {
        let data = self.tenant.admin().query(STATEMENTS).await.data();
        let mut paths = Vec::new();
        for statement in data["statements"]["nodes"].as_array().expect("statements") {
            for file in statement["files"].as_array().expect("files") {
                let path = file["path"].as_str().expect("a path").to_owned();
                if file["format"] == "CSV" || file["format"] == "PDF" {
                    paths.push((path, file["format"] == "PDF"));
                }
            }
        }
        paths
    }

    async fn hash_of_file(&self, path: &str) -> String {
        sha256(&file(&self.tenant, &self.tenant.admin(), path).await)
    }
}
