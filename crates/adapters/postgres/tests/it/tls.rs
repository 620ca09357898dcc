//! Encrypted connections, and whose certificates are believed.

use crate::{database::Database, server::Server};
use url::Url;
use wareroom_ports::Store;
use wareroom_postgres::{OpenError, PostgresConfig, PostgresStore};

fn with(url: &Url, host: &str, parameters: &[(&str, &str)]) -> PostgresConfig {
    let mut url = url.clone();
    url.set_host(Some(host)).unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    PostgresConfig::at(url.as_str())
}

/// Whether the store's own connections are encrypted.
async fn encrypted(database: &Database, config: PostgresConfig) -> Result<bool, OpenError> {
    let store = PostgresStore::open(config).await?;
    store.check().await.unwrap();
    let sql = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    Ok(database.connect().await.query_one(sql, &[]).await.unwrap().get(0))
}

#[tokio::test]
async fn each_mode_encrypts_and_believes_as_postgresql_has_it() {
    let Some(roots) = &Server::get().roots else {
        // A server of somebody else has a certificate of somebody else.
        let database = Database::migrated().await;
        let plain = with(&database.url, database.url.host_str().unwrap(), &[("sslmode", "disable")]);
        assert!(!encrypted(&database, plain).await.unwrap());
        return;
    };
    let roots = roots.display().to_string();
    let database = Database::migrated().await;
    let modes = |host, mode, more: &[(&str, &str)]| {
        let parameters: Vec<_> = [("sslmode", mode)].into_iter().chain(more.iter().copied()).collect();
        encrypted(&database, with(&database.url, host, &parameters))
    };
    let ours = [("sslrootcert", roots.as_str())];
    let (address, name) = ("127.0.0.1", "localhost");
    assert!(!modes(address, "disable", &[]).await.unwrap());
    assert!(modes(address, "prefer", &[]).await.unwrap());
    assert!(modes(address, "require", &[]).await.unwrap(), "whoever it is");
    assert!(modes(address, "verify-ca", &ours).await.unwrap(), "whatever its name");
    assert!(modes(name, "verify-full", &ours).await.unwrap());
    for (host, mode, more) in
        [(address, "verify-full", &ours[..]), (name, "verify-full", &[]), (address, "verify-ca", &[])]
    {
        let refused = modes(host, mode, more).await.unwrap_err();
        assert!(matches!(refused, OpenError::Refused(_)), "{host} by {mode}: {refused:?}");
    }
}
