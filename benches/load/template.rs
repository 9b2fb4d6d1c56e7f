//! The databases that contain the dataset, one for each schema. They are written once a day, and copied for each run.

use std::fs;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::copy_format::TABLES;
use crate::dataset::Dataset;
use crate::postgres::{Database, Postgres, client_program, psql};
use crate::server::Program;
use crate::size::DatasetSize;

/// The database in which the schema of a program is created.
const SCRATCH: &str = "load_scratch";

/// Returns for each program the name of the database with the dataset in the schema of that program, and writes those
/// that do not exist yet.
pub fn of_programs(
    postgres: &Postgres,
    dataset: &Dataset,
    size: DatasetSize,
    programs: &[&Program],
) -> Vec<String> {
    let names: Vec<_> =
        programs.iter().map(|program| name(dataset, size, &create_schema(postgres, program))).collect();
    let existing = postgres.execute("SELECT datname FROM pg_database WHERE datname LIKE 'load\\_%'");
    let existing: Vec<_> = existing.lines().collect();
    for outdated in existing.iter().filter(|existing| !names.iter().any(|name| name == *existing)) {
        postgres.execute(&format!("DROP DATABASE {outdated} WITH (FORCE)"));
    }
    for (n, (name, program)) in names.iter().zip(programs).enumerate() {
        if existing.contains(&name.as_str()) || names[..n].contains(name) {
            continue;
        }
        create_schema(postgres, program);
        let database = postgres.database(SCRATCH);
        load(&database, dataset, &postgres.folder().join("copy"));
        write_audit_baseline(&database, program);
        postgres.execute(&format!("ALTER DATABASE {SCRATCH} RENAME TO {name}"));
    }
    names
}

/// Creates a database with the schema of a program; returns its definition.
fn create_schema(postgres: &Postgres, program: &Program) -> String {
    postgres.execute(&format!("DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)"));
    postgres.execute(&format!("CREATE DATABASE {SCRATCH} OWNER revshare"));
    let database = postgres.database(SCRATCH);
    program.run(&database, &["migrate"]);
    let dump = Command::new(client_program("pg_dump"))
        .args(["--schema-only", &database.superuser_url])
        .output()
        .expect("pg_dump");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    // pg_dump protects its script by a random key.
    let dump = String::from_utf8(dump.stdout).unwrap();
    dump.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
}

/// Returns a name that depends on everything that determines the content of the dataset.
fn name(dataset: &Dataset, size: DatasetSize, schema: &str) -> String {
    let generator = concat!(
        include_str!("dataset.rs"),
        include_str!("copy.rs"),
        include_str!("size.rs"),
        include_str!("copy_format.rs"),
        include_str!("template.rs")
    );
    let content = format!("{size:?} {} {generator} {schema}", dataset.today);
    let hash: String = Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("load_{hash}")
}

/// Copies the dataset into the tables. The foreign keys are dropped and added again, which checks all rows at once.
fn load(database: &Database, dataset: &Dataset, files: &Path) {
    fs::create_dir_all(files).unwrap();
    dataset.write(files);
    let mut script = String::from(
        "SET TIME ZONE 'UTC'; SET maintenance_work_mem = '512MB'; BEGIN;
         CREATE TEMPORARY TABLE keys ON COMMIT DROP AS
         SELECT conrelid::regclass::text AS name, conname, pg_get_constraintdef(oid) AS definition
         FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace;
         DO $$ DECLARE k record; BEGIN FOR k IN SELECT * FROM keys LOOP
             EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.name, k.conname); END LOOP; END $$;\n",
    );
    for (table, columns) in TABLES {
        let file = files.join(table);
        script.push_str(&copy_command(database, table, columns, &file.display().to_string()));
    }
    script.push_str(
        "DO $$ DECLARE k record; BEGIN FOR k IN SELECT * FROM keys LOOP
             EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.name, k.conname, k.definition); END LOOP; END $$;
         COMMIT; VACUUM ANALYZE;\n",
    );
    psql(&database.superuser_url, &script);
    fs::remove_dir_all(files).unwrap();
}

/// Writes the entries of the audit trail for rows that are older than it: a server would write them while it is measured.
fn write_audit_baseline(database: &Database, program: &Program) {
    let has_trail = psql(&database.superuser_url, "SELECT 1 WHERE to_regclass('audit_entries') IS NOT NULL");
    if !has_trail.trim().is_empty() {
        program.run(database, &["audit", "seal"]);
        psql(&database.superuser_url, "VACUUM ANALYZE");
    }
}

/// Returns the command that copies a file into a table, without the columns that the table does not have: the schema may
/// be that of an older program.
fn copy_command(database: &Database, table: &str, columns: &str, file: &str) -> String {
    let existing = psql(
        &database.superuser_url,
        &format!(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('public.{table}') AND attnum > 0"
        ),
    );
    let existing: Vec<_> = existing.lines().collect();
    let columns = (1..).zip(columns.split(", ")).filter(|(_, column)| existing.contains(column));
    let (fields, columns): (Vec<_>, Vec<_>) =
        columns.map(|(number, column): (u32, _)| (number.to_string(), column)).unzip();
    if columns.is_empty() {
        return String::new();
    }
    let (fields, columns) = (fields.join(","), columns.join(", "));
    format!("\\copy {table} ({columns}) FROM PROGRAM 'cut -f {fields} ''{file}'''\n")
}
