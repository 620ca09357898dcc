//! What is found out when a bucket is opened, and how it is told.

use super::*;
use std::error::Error;
use tokio::{net::TcpListener, time::Instant};
use wareroom_object_store::OpenError;
use wareroom_test_s3::Trouble;

async fn refused(config: S3Config) -> OpenError {
    let Err(error) = S3Blobs::open(config, own()).await else { panic!("it was opened") };
    error
}

/// Everything that a log could show of an error.
fn shown(error: &OpenError) -> String {
    let causes = std::iter::successors(Some(error as &dyn Error), |error| (*error).source());
    causes.fold(String::new(), |all, error| format!("{all}{error} {error:?}\n"))
}

#[tokio::test]
async fn a_wrong_key_and_a_wrong_secret_are_told_and_nobody_waits_for_them() {
    let bucket = Bucket::new().await;
    for (key, secret) in [("key", "a wrong secret"), ("another", "secret")] {
        let wrong =
            S3Config { variables: variables(bucket.wire.address(), key, secret), ..config(bucket.wire.address()) };
        let error = refused(wrong).await;
        assert!(matches!(&error, OpenError::Denied { bucket, .. } if bucket == "wareroom"), "{error:?}");
        assert!(error.to_string().contains("wareroom"));
        assert!(!shown(&error).contains(secret), "{}", shown(&error));
    }
    bucket.wire.set(Trouble::Answers(403, "AccessDenied")).await;
    assert!(
        matches!(refused(config(bucket.wire.address())).await, OpenError::Denied { code, .. } if code.contains("AccessDenied"))
    );
    assert_eq!(bucket.wire.connections(), 1);
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_told() {
    let bucket = Bucket::new().await;
    let elsewhere = S3Config { url: "s3://nowhere/shop".to_owned(), ..config(bucket.wire.address()) };
    let error = refused(elsewhere).await;
    assert!(matches!(&error, OpenError::NoBucket { bucket } if bucket == "nowhere"), "{error:?}");
    assert!(!bucket.folder.path().join("nowhere").exists());
}

#[tokio::test]
async fn a_bucket_in_another_region_is_told() {
    let bucket = Bucket::new().await;
    for (status, code) in [(301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed")] {
        bucket.wire.set(Trouble::Answers(status, code)).await;
        let error = refused(config(bucket.wire.address())).await;
        assert!(matches!(error, OpenError::Region { .. }), "{error:?}");
        assert_eq!(bucket.wire.connections(), 1);
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_may_be_waited_for() {
    let bucket = Bucket::new().await;
    for trouble in [Trouble::Answers(503, "SlowDown"), Trouble::Silent, Trouble::CutAnswer(0)] {
        bucket.wire.set(trouble).await;
        let error = refused(impatient(bucket.wire.address())).await;
        assert!(matches!(error, OpenError::Unreachable { .. }), "{trouble:?}: {error:?}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let began = Instant::now();
    assert!(matches!(refused(config(nobody)).await, OpenError::Unreachable { .. }));
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn a_role_that_gives_no_credentials_is_told() {
    let folder = TempDir::new().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "token").unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut variables = variables(nobody, "", "");
    variables.push(("AWS_CONTAINER_CREDENTIALS_FULL_URI".to_owned(), format!("http://{nobody}/role")));
    variables.push(("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE".to_owned(), token.to_str().unwrap().to_owned()));
    let error = refused(S3Config { variables, ..config(nobody) }).await;
    assert!(matches!(error, OpenError::Credentials(_)), "{error:?}");
}

#[tokio::test]
async fn what_cannot_be_used_is_found_before_anybody_is_asked() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut plain = config(nobody);
    plain.variables.retain(|(name, _)| name != "AWS_ALLOW_HTTP");
    let url = S3Config { url: "s3://Wareroom".to_owned(), ..config(nobody) };
    for wrong in [plain, url] {
        assert!(matches!(refused(wrong).await, OpenError::Setting(_)));
    }
    let mut half = config(nobody);
    half.variables.retain(|(name, _)| name != "AWS_SECRET_ACCESS_KEY");
    assert!(matches!(refused(half).await, OpenError::Store(_)));
}

#[tokio::test]
async fn the_special_variable_counts_before_the_general_one() {
    let bucket = Bucket::new().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut variables = variables(nobody, "key", "secret");
    variables.push(("AWS_ENDPOINT_URL_S3".to_owned(), format!("http://{}", bucket.wire.address())));
    variables.push(("AWS_PROFILE".to_owned(), "not ours".to_owned()));
    S3Blobs::open(S3Config { variables, ..config(nobody) }, own()).await.unwrap().check().await.unwrap();
}
