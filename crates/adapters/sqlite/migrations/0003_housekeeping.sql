-- Keys of requests that may be sent again, and what is needed to find what was kept long enough. Events need no index for
-- that: they go from the beginning of the log.
--
-- A key is reserved while it has a `token`, which is new with every reservation, until `leased_until` by the store's own
-- clock; and answered once it has an `answer`. `at` is when the request came, as users see it.
CREATE TABLE idempotency_keys (
    scope        TEXT NOT NULL,
    key          TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    at           TEXT NOT NULL,
    leased_until INTEGER,
    token        INTEGER,
    answer       BLOB,
    PRIMARY KEY (scope, key),
    CHECK ((token IS NULL) = (leased_until IS NULL)),
    CHECK ((token IS NULL) = (answer IS NOT NULL))
) STRICT;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);
CREATE INDEX dead_letters_by_age ON dead_letters (at);
