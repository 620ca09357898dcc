//! The schema's history. Each migration is applied once, in order, and never changed afterwards: its hash is kept.

use crate::{OpenError, functions::with_functions};
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "catalogue", sql: include_str!("../migrations/0001_catalogue.sql") },
    Migration { version: 2, name: "image_urls", sql: include_str!("../migrations/0002_image_urls.sql") },
    Migration { version: 3, name: "housekeeping", sql: include_str!("../migrations/0003_housekeeping.sql") },
    Migration { version: 4, name: "lists", sql: include_str!("../migrations/0004_lists.sql") },
    Migration { version: 5, name: "final_sigma", sql: include_str!("../migrations/0005_final_sigma.sql") },
];

/// A migration, as a database has it or lacks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaStep {
    /// Its number; the first is 1.
    pub version: u32,
    /// What it is about, in a word.
    pub name: &'static str,
    /// When it was applied, by the database's clock; `None` when it was not.
    pub applied_at: Option<Timestamp>,
}

/// The number of the newest migration that this program knows.
pub(crate) fn newest() -> u32 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Brings the schema up to date: all that is missing, or nothing; answers what was missing. Safe to run in several processes
/// at once.
pub(crate) fn migrate(connection: &mut Connection) -> Result<Vec<SchemaStep>, OpenError> {
    with_functions(connection, |connection| apply(connection, MIGRATIONS))
}

/// Every migration, applied or not. Only reads.
pub(crate) fn history(connection: &Connection) -> Result<Vec<SchemaStep>, OpenError> {
    let known = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'";
    if connection.query_one(known, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(steps(MIGRATIONS, &[]));
    }
    recorded(connection, MIGRATIONS)
}

fn apply(connection: &mut Connection, migrations: &[Migration]) -> Result<Vec<SchemaStep>, OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
             version    INTEGER PRIMARY KEY,
             name       TEXT NOT NULL,
             sha256     TEXT NOT NULL,
             applied_at TEXT NOT NULL
         ) STRICT",
    )?;
    let mut missing = recorded(&transaction, migrations)?;
    missing.retain(|step| step.applied_at.is_none());
    for step in &mut missing {
        let Some(migration) = migrations.iter().find(|migration| migration.version == step.version) else { continue };
        transaction.execute_batch(migration.sql)?;
        let applied_at: String = transaction.query_one(
            "INSERT INTO schema_migrations (version, name, sha256, applied_at)
             VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) RETURNING applied_at",
            (migration.version, migration.name, hash_of(migration.sql)),
            |row| row.get(0),
        )?;
        step.applied_at = Some(applied_at.parse().unwrap_or(Timestamp::UNIX_EPOCH));
        tracing::info!(version = migration.version, name = migration.name, "migration applied");
    }
    transaction.commit()?;
    Ok(missing)
}

/// Every migration with what the database says of it, if that fits what is known here.
fn recorded(connection: &Connection, migrations: &[Migration]) -> Result<Vec<SchemaStep>, OpenError> {
    let mut statement =
        connection.prepare("SELECT version, sha256, applied_at FROM schema_migrations ORDER BY version")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let applied: Vec<(u32, String, String)> = rows.collect::<rusqlite::Result<_>>()?;
    for (version, hash, _) in &applied {
        let known = migrations.iter().find(|migration| migration.version == *version);
        let known = known.ok_or(OpenError::NewerSchema { version: *version })?;
        if *hash != hash_of(known.sql) {
            return Err(OpenError::ChangedMigration { version: *version });
        }
    }
    Ok(steps(migrations, &applied))
}

fn steps(migrations: &[Migration], applied: &[(u32, String, String)]) -> Vec<SchemaStep> {
    let applied_at = |version| {
        let row = applied.iter().find(|(applied, ..)| *applied == version);
        // Applied is applied, whatever somebody made of the moment.
        row.map(|(.., at)| at.parse().unwrap_or(Timestamp::UNIX_EPOCH))
    };
    let step =
        |&Migration { version, name, .. }: &Migration| SchemaStep { version, name, applied_at: applied_at(version) };
    migrations.iter().map(step).collect()
}

fn hash_of(sql: &str) -> String {
    wareroom_domain::Sha256(Sha256::digest(sql).into()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration { version: 1, name: "first", sql: "CREATE TABLE a (x INTEGER) STRICT" };
    const SECOND: Migration = Migration { version: 2, name: "second", sql: "CREATE TABLE b (x INTEGER) STRICT" };

    fn tables(connection: &Connection) -> Vec<String> {
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema ORDER BY name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn each_migration_is_applied_once_and_only_what_is_missing() {
        let mut connection = Connection::open_in_memory().unwrap();
        let applied = [&[FIRST][..], &[FIRST, SECOND], &[FIRST, SECOND]].map(|known| {
            let applied = apply(&mut connection, known).unwrap();
            assert!(applied.iter().all(|step| step.applied_at.is_some()));
            applied.iter().map(|step| step.name).collect::<Vec<_>>()
        });
        assert_eq!(applied, [vec!["first"], vec!["second"], vec![]]);
        assert_eq!(tables(&connection), ["a", "b", "schema_migrations"]);
    }

    #[test]
    fn the_history_says_what_is_missing_and_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        let missing = |connection: &Connection| {
            let history = history(connection).unwrap();
            assert_eq!(history.len(), MIGRATIONS.len());
            history.iter().filter(|step| step.applied_at.is_none()).count()
        };
        assert_eq!((missing(&connection), tables(&connection)), (MIGRATIONS.len(), vec![]));
        apply(&mut connection, &MIGRATIONS[..1]).unwrap();
        assert_eq!(missing(&connection), MIGRATIONS.len() - 1);
        migrate(&mut connection).unwrap();
        assert_eq!(missing(&connection), 0);
    }

    #[test]
    fn what_was_in_a_database_stays_there_and_housekeeping_finds_it_by_an_index() {
        let mut connection = Connection::open_in_memory().unwrap();
        let before = MIGRATIONS.iter().position(|migration| migration.name == "housekeeping").unwrap();
        apply(&mut connection, &MIGRATIONS[..before]).unwrap();
        let letter = "INSERT INTO dead_letters (id, lane, kind, schema, body, image_id, reason, detail, attempts, at)
                      VALUES (zeroblob(16), 'images', 'process_image', 1, x'', zeroblob(16), 'damaged', '', 1, ?1)";
        connection.execute(letter, ["2026-11-21T10:00:00.000000000Z"]).unwrap();
        migrate(&mut connection).unwrap();
        let kept: i64 = connection.query_one("SELECT count(*) FROM dead_letters", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 1);
        for table in ["dead_letters", "idempotency_keys"] {
            let plan = format!("EXPLAIN QUERY PLAN SELECT rowid FROM {table} WHERE at < '2026' ORDER BY at LIMIT 9");
            let plan: String = connection.query_one(&plan, [], |row| row.get("detail")).unwrap();
            assert!(plan.contains(&format!("{table}_by_age")), "{plan}");
        }
    }

    /// A user with a product, an image from the web, and three dead letters: of that image, of one that was uploaded, and of
    /// a product that is gone.
    const BEFORE_LISTS: &str = "
        INSERT INTO users (first_name, last_name, created_at) VALUES ('ÄNNE', 'Ørsted', '2026');
        INSERT INTO products (owner_id, name, description, price_hundredths, revision, version, created_at, updated_at)
        VALUES (1, 'GROẞE Lampe', '', 1899, 1, 1, '2026', '2026');
        INSERT INTO images (id, product_id, position, source_kind, url, state, attempts, fence, created_at, saved_at)
        VALUES (x'01010101010101010101010101010101', 1, 0, 'url', 'https://Pictures.EXAMPLE:8443/a?b', 'failed', 1, 1, '2026', 0),
               (x'02020202020202020202020202020202', 1, 1, 'upload', NULL, 'failed', 1, 1, '2026', 0);
        INSERT INTO dead_letters (id, lane, kind, schema, body, image_id, product_id, reason, detail, attempts, at)
        SELECT id, 'images', 'process_image', 1, x'', id, 1, 'damaged', '', 1, '2026' FROM images;
        INSERT INTO dead_letters (id, lane, kind, schema, body, image_id, product_id, reason, detail, attempts, at)
        VALUES (zeroblob(16), 'images', 'process_image', 1, x'', zeroblob(16), 7, 'damaged', '', 1, '2026');
    ";

    fn rows(connection: &Connection, sql: &str) -> Vec<[Option<String>; 2]> {
        let mut select = connection.prepare(sql).unwrap();
        let rows = select.query_map([], |row| Ok([row.get(0)?, row.get(1)?])).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn lists_find_what_was_in_a_database_before_them() {
        let mut connection = Connection::open_in_memory().unwrap();
        let before = MIGRATIONS.iter().position(|migration| migration.name == "lists").unwrap();
        apply(&mut connection, &MIGRATIONS[..before]).unwrap();
        connection.execute_batch(BEFORE_LISTS).unwrap();
        migrate(&mut connection).unwrap();
        let text = |text: &str| Some(text.to_owned());
        let products = "SELECT name_folded, name FROM products";
        assert_eq!(rows(&connection, products), [[text("große lampe"), text("GROẞE Lampe")]]);
        let users = "SELECT first_name_folded, last_name_folded FROM users";
        assert_eq!(rows(&connection, users), [[text("änne"), text("ørsted")]]);
        let letters = "SELECT CAST(owner_id AS TEXT), host FROM dead_letters WHERE marked = 0 ORDER BY id DESC";
        let expected = [[text("1"), None], [text("1"), text("pictures.example")], [None, None]];
        assert_eq!(rows(&connection, letters), expected);
        let found = "SELECT CAST(rowid AS TEXT), NULL FROM product_names WHERE product_names MATCH '\"ße l\"'";
        assert_eq!(rows(&connection, found), [[text("1"), None]]);
        let images: i64 = connection.query_one("SELECT count(*) FROM images", [], |row| row.get(0)).unwrap();
        assert_eq!(images, 2);
        assert!(connection.prepare("SELECT folded('A')").is_err(), "a function stayed after the migrations");
    }

    #[test]
    fn a_migration_that_was_changed_after_it_was_applied_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[FIRST]).unwrap();
        let changed = Migration { sql: "CREATE TABLE a (x TEXT) STRICT", ..FIRST };
        let refused = apply(&mut connection, &[changed, SECOND]);
        assert!(matches!(refused, Err(OpenError::ChangedMigration { version: 1 })));
        assert_eq!(tables(&connection), ["a", "schema_migrations"]);
    }

    #[test]
    fn a_database_of_a_newer_program_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[FIRST, SECOND]).unwrap();
        assert!(matches!(apply(&mut connection, &[FIRST]), Err(OpenError::NewerSchema { version: 2 })));
        assert!(matches!(recorded(&connection, &[FIRST]), Err(OpenError::NewerSchema { version: 2 })));
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_of_itself_nor_of_those_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken = Migration { version: 2, name: "broken", sql: "CREATE TABLE b (x INTEGER) STRICT; nonsense" };
        assert!(matches!(apply(&mut connection, &[FIRST, broken]), Err(OpenError::Sqlite(_))));
        assert_eq!(tables(&connection), Vec::<String>::new());
    }
}
