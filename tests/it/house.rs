//! The rules of the code base that the compiler cannot check: layers, cycles, SQL, one writer per table, sizes, and the
//! references from the documents to the tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 400;

/// The number of calls of `Session::load_unchecked`, whose rows are not checked against the caller's scope. May only
/// shrink.
const UNCHECKED_LOADS: usize = 13;

/// The modules of the crate, from the lowest: each may use those of lower levels and of its own.
const LAYERS: [&[&str]; 9] = [
    &["primitives", "metrics"],
    &["auth"],
    &["mail", "stripe", "webhook"],
    &["domain"],
    &["graphql"],
    &["worker"],
    &["http"],
    &["commands"],
    &["lib", "main"],
];

/// The modules of the domain, from the lowest.
const DOMAIN: [&[&str]; 8] = [
    &["db"],
    &["audit", "history", "idempotency", "legal", "mail", "terms"],
    &["tenant"],
    &["partner", "webhook"],
    &["admission", "account", "invoice", "person", "referral"],
    &["commission"],
    &[
        "inbox",
        "paying_account",
        "payment_file",
        "payout",
        "payout_account",
        "payout_attempt",
        "saved_view",
        "search",
        "statement",
        "stripe_connection",
    ],
    &["reporting", "mod"],
];

/// The files that use a database connection. All others use a session or a transaction.
const CONNECTION_USERS: [&str; 9] = [
    // Looks up what a caller is made of, as the two stores of tenants do: a session needs a caller.
    "src/domain/admission.rs",
    "src/domain/db/connect.rs",
    "src/domain/db/diagnostics.rs",
    "src/domain/db/migrate.rs",
    "src/domain/db/pool.rs",
    "src/domain/db/session.rs",
    "src/domain/db/tenant_connection.rs",
    "src/domain/db/transaction.rs",
    "src/domain/tenant/service_token/store.rs",
];

struct SourceFile {
    /// The path from the root of the repository.
    path: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect_files(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect_files(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn source_files(folder: &str) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    collect_files(&root().join(folder), &mut paths);
    paths.sort();
    let read = |path: PathBuf| SourceFile {
        path: path.strip_prefix(root()).expect("a path below the root").to_string_lossy().into_owned(),
        text: fs::read_to_string(&path).expect("a readable file"),
    };
    paths.into_iter().map(read).collect()
}

/// Returns the code of a file without comments and without its unit tests.
fn code(file: &SourceFile) -> String {
    let product = file.text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = product.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the module of a file as path segments: `src/domain/payout/store.rs` is `domain::payout::store`.
fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut segments: Vec<_> = path.split('/').map(str::to_owned).collect();
    if segments.last().is_some_and(|last| ["mod", "lib"].contains(&last.as_str())) {
        segments.pop();
    }
    segments
}

/// Returns the paths that a file imports, absolute from the root of the crate, with groups expanded one level deep.
fn imports(file: &SourceFile) -> Vec<Vec<String>> {
    let module = module_of(&file.path);
    let is_folder = file.path.ends_with("/mod.rs");
    let mut imports = Vec::new();
    for statement in code(file).split("use ").skip(1) {
        let path: String = statement.split(';').next().unwrap_or_default().split_whitespace().collect();
        let (prefix, items) =
            path.split_once('{').map_or((path.as_str(), ""), |(prefix, items)| (prefix, items));
        let mut segments: Vec<_> =
            prefix.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
        let base = match segments.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self") => module.clone(),
            Some("super") => {
                let levels = segments.iter().take_while(|segment| *segment == "super").count();
                let above = levels - usize::from(is_folder);
                segments.drain(..levels - 1);
                module[..module.len().saturating_sub(if is_folder { above + 1 } else { levels })].to_vec()
            }
            _ => continue,
        };
        let stem: Vec<_> = base.into_iter().chain(segments.into_iter().skip(1)).collect();
        if items.is_empty() {
            imports.push(stem);
            continue;
        }
        for item in items.trim_end_matches('}').split(',').filter(|item| !item.is_empty()) {
            let first = item.split("::").next().unwrap_or_default().to_owned();
            imports.push(stem.iter().cloned().chain([first]).collect());
        }
    }
    imports
}

fn level(levels: &[&[&str]], name: &str) -> usize {
    let level = levels.iter().position(|level| level.contains(&name));
    level.unwrap_or_else(|| panic!("{name} is in no level: add it to the table"))
}

#[test]
fn no_file_is_longer_than_the_limit() {
    let long: Vec<_> = ["src", "tests", "benches", "crates"]
        .iter()
        .flat_map(|folder| source_files(folder))
        .map(|file| (file.text.lines().count(), file.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn a_module_uses_only_modules_of_its_own_or_a_lower_layer() {
    let mut violations = Vec::new();
    for file in source_files("src") {
        let module = module_of(&file.path);
        let own = level(&LAYERS, module.first().map_or("lib", String::as_str));
        for import in imports(&file) {
            let Some(used) = import.first() else { continue };
            if level(&LAYERS, used) > own {
                violations.push(format!("{} uses {}", file.path, import.join("::")));
            }
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn a_module_of_the_domain_uses_only_lower_ones() {
    let mut violations = Vec::new();
    for file in source_files("src/domain") {
        let own = level(&DOMAIN, module_of(&file.path).get(1).map_or("mod", String::as_str));
        for import in imports(&file) {
            let [domain, used, ..] = import.as_slice() else { continue };
            if domain == "domain" && level(&DOMAIN, used) > own {
                violations.push(format!("{} uses {}", file.path, import.join("::")));
            }
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

/// The files that a file imports from. A folder's `mod.rs` defines what its files share, so that an import from it does
/// not count; and the object types of the schema refer to each other, because the graph they describe has cycles.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let files = source_files("src");
    let by_module: BTreeMap<_, _> =
        files.iter().map(|file| (module_of(&file.path), file.path.clone())).collect();
    let mut graph = BTreeMap::new();
    for file in &files {
        let module = module_of(&file.path);
        let used = imports(file).into_iter().filter_map(|import| {
            let longest =
                (1..=import.len()).rev().find_map(|length| by_module.get_key_value(&import[..length]));
            let (used, path) = longest?;
            let is_ancestor = module.starts_with(used);
            let is_type =
                file.path.starts_with("src/graphql/types/") && path.starts_with("src/graphql/types/");
            (!is_ancestor && !is_type).then(|| path.clone())
        });
        graph.insert(file.path.clone(), used.collect::<BTreeSet<_>>());
    }
    graph
}

#[test]
fn no_files_import_from_each_other_in_a_cycle() {
    let mut graph = dependencies();
    // Files that no file imports, or that import no file, are removed repeatedly; only cycles can remain.
    loop {
        let before = graph.len();
        let all_used: BTreeSet<_> = graph.values().flatten().cloned().collect();
        graph.retain(|path, used| !used.is_empty() && all_used.contains(path));
        let remaining: BTreeSet<_> = graph.keys().cloned().collect();
        for used in graph.values_mut() {
            used.retain(|path| remaining.contains(path));
        }
        if graph.len() == before {
            break;
        }
    }
    assert!(graph.is_empty(), "{graph:#?}");
}

#[test]
fn a_connection_is_used_by_the_database_layer_only() {
    let users: Vec<_> = source_files("src")
        .into_iter()
        .filter(|file| code(file).contains("diesel_async"))
        .map(|file| file.path)
        .collect();
    assert_eq!(users, CONNECTION_USERS);
}

#[test]
fn statements_are_in_stores() {
    const MARKS: [&str; 6] = [
        "diesel::update(",
        "diesel::insert_into(",
        "diesel::delete(",
        "sql_query(",
        ".filter(partners::",
        "SqlBuilder::new(",
    ];
    for file in source_files("src") {
        let is_store = file.path.ends_with("/store.rs")
            || ["src/domain/db/", "src/domain/reporting/"].iter().any(|folder| file.path.starts_with(folder))
            || ["src/domain/history.rs", "src/domain/idempotency.rs"].contains(&file.path.as_str());
        let has_statement = MARKS.iter().any(|mark| file.text.contains(mark));
        assert!(is_store || !has_statement, "{} contains SQL: move it to the store of its table", file.path);
    }
}

/// Returns the tables that a file writes, by the statements of Diesel and by those in SQL strings.
fn written_tables(file: &SourceFile) -> BTreeSet<String> {
    let code = code(file);
    let mut tables = BTreeSet::new();
    for mark in ["insert_into(", "diesel::update(", "INSERT INTO ", "UPDATE ", "DELETE FROM "] {
        for rest in code.split(mark).skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            // `FOR NO KEY UPDATE` and `DO UPDATE SET` name no table.
            if name.contains('_') || name.ends_with('s') {
                tables.insert(name);
            }
        }
    }
    tables
}

#[test]
fn each_table_is_written_by_one_file() {
    let mut writers = BTreeMap::<_, Vec<_>>::new();
    for file in source_files("src") {
        for table in written_tables(&file) {
            writers.entry(table).or_default().push(file.path.clone());
        }
    }
    assert!(writers.len() >= 14, "{writers:#?}");
    writers.retain(|_, files| files.len() > 1);
    assert!(writers.is_empty(), "{writers:#?}");
}

#[test]
fn the_number_of_unchecked_loads_only_shrinks() {
    let calls =
        source_files("src").iter().map(|file| code(file).matches(".load_unchecked").count()).sum::<usize>();
    assert_eq!(calls, UNCHECKED_LOADS, "more: check the rows by Session::load; fewer: lower the constant");
}

/// Returns whether the function of a test exists, given as `module::function` below `tests/it` or `src/domain`.
fn test_exists(test: &str) -> bool {
    let (module, function) = test.rsplit_once("::").expect("a module");
    let file = format!("{}.rs", module.replace("::", "/"));
    let paths = [root().join("tests/it").join(&file), root().join("src/domain").join(&file)];
    let text = paths.iter().find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    text.contains(&format!("fn {function}()"))
}

#[test]
fn each_rule_names_its_code_and_its_test() {
    let rules = fs::read_to_string(root().join("docs/rules.md")).expect("the rules");
    let named = |mark: &str| -> Vec<String> {
        let rest = rules.split(mark).skip(1);
        rest.map(|rest| rest.split('`').next().unwrap_or_default().to_owned()).collect()
    };
    let (paths, tests) = (named("Code: `"), named("Test: `"));
    let is_rule = |line: &&str| line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
    let rules = rules.lines().filter(is_rule).count();
    assert!(rules >= 31, "{rules} rules");
    assert_eq!([paths.len(), tests.len()], [rules; 2]);
    for path in paths {
        assert!(root().join(&path).exists(), "{path} does not exist");
    }
    let missing: Vec<_> = tests.iter().filter(|test| !test_exists(test)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn each_guarantee_names_its_tests() {
    let api = fs::read_to_string(root().join("docs/api.md")).expect("the documentation of the API");
    let guarantees = api.split("## Guarantees").nth(1).expect("the guarantees");
    let tests = guarantees.split('`').filter(|word| word.contains("::") && !word.contains(' '));
    let tests: Vec<_> = tests.collect();
    assert!(tests.len() >= 8, "{tests:?}");
    let missing: Vec<_> = tests.iter().filter(|test| !test_exists(test)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn each_migration_runs_in_a_transaction() {
    for folder in fs::read_dir(root().join("migrations")).expect("a folder").flatten() {
        let metadata = folder.path().join("metadata.toml");
        assert!(!metadata.exists(), "{} could disable the transaction", metadata.display());
    }
}
