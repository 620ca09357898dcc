-- Products, users, images, blobs in use, jobs, events and dead letters.
--
-- What the columns hold
-- * Identities that Wareroom makes are UUIDs, kept as 16 bytes: `hex(id)` shows one, `id = x'0193...'` finds it. Those
--   that the store gives are integers. AUTOINCREMENT, because an id that was committed once must never come back.
-- * Moments that users see are UTC text with nine places, such as '2026-11-21T10:00:00.000000000Z': exact, readable,
--   and in order when compared as text.
-- * Moments that only the store compares (claims, leases, due times) are milliseconds since 1970 by its own clock.
-- * Prices are whole hundredths.

CREATE TABLE users (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    first_name TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE products (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id         INTEGER NOT NULL REFERENCES users (id),
    name             TEXT    NOT NULL,
    description      TEXT    NOT NULL,
    price_hundredths INTEGER NOT NULL CHECK (price_hundredths BETWEEN 0 AND 9999999999),
    revision         INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    created_at       TEXT    NOT NULL,
    updated_at       TEXT    NOT NULL
) STRICT;

CREATE INDEX products_by_owner ON products (owner_id);

-- `product_id` may be null because other owners of images will get a column of their own.
CREATE TABLE images (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    product_id      INTEGER REFERENCES products (id) ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    alt             TEXT,
    source_kind     TEXT    NOT NULL,
    filename        TEXT,
    content_type    TEXT,
    source_bytes    INTEGER,
    sha256          TEXT,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'processing', 'ready', 'failed')),
    next_attempt_at TEXT,
    width           INTEGER,
    height          INTEGER,
    reason          TEXT,
    detail          TEXT,
    attempts        INTEGER NOT NULL,
    fence           INTEGER NOT NULL,
    created_at      TEXT    NOT NULL,
    saved_at        INTEGER NOT NULL
) STRICT;

CREATE INDEX images_by_product ON images (product_id, position, id);
CREATE INDEX images_in_processing ON images (saved_at) WHERE state = 'processing';

CREATE TABLE renditions (
    image_id BLOB    NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    format   TEXT    NOT NULL,
    width    INTEGER NOT NULL,
    height   INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    key      TEXT    NOT NULL,
    PRIMARY KEY (image_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
    key              TEXT    NOT NULL PRIMARY KEY,
    references_count INTEGER NOT NULL DEFAULT 0 CHECK (references_count >= 0),
    claimed_until    INTEGER NOT NULL,
    condemned        INTEGER NOT NULL DEFAULT 0 CHECK (condemned IN (0, 1)),
    CHECK (condemned = 0 OR references_count = 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX blobs_out_of_use ON blobs (claimed_until) WHERE references_count = 0 AND condemned = 0;
CREATE INDEX blobs_condemned ON blobs (key) WHERE condemned = 1;

-- The outbox, which is also the queue. `token` is new with every loan: who shows an old one changes nothing.
CREATE TABLE jobs (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lane         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    schema       INTEGER NOT NULL,
    body         BLOB    NOT NULL,
    at           TEXT    NOT NULL,
    request_id   TEXT,
    traceparent  TEXT,
    due_at       INTEGER NOT NULL,
    leased_until INTEGER,
    token        INTEGER,
    CHECK ((leased_until IS NULL) = (token IS NULL))
) STRICT;

CREATE INDEX jobs_by_due_time ON jobs (lane, due_at);
CREATE INDEX jobs_on_loan ON jobs (leased_until) WHERE leased_until IS NOT NULL;

-- `seq` is the order of the commits. `position`, given afterwards, is what readers see: without gaps and never changed.
-- Its index also finds the events that wait for one, in the order of `seq`.
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    position    INTEGER UNIQUE,
    id          BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    at          TEXT    NOT NULL,
    schema      INTEGER NOT NULL,
    product_id  INTEGER,
    body        BLOB    NOT NULL,
    request_id  TEXT,
    traceparent TEXT
) STRICT;

-- No foreign keys: a dead letter outlives the image and the product that it tells of.
CREATE TABLE dead_letters (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    lane        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    schema      INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    image_id    BLOB    NOT NULL CHECK (length(image_id) = 16),
    product_id  INTEGER,
    reason      TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    at          TEXT    NOT NULL,
    request_id  TEXT,
    traceparent TEXT
) STRICT;

CREATE INDEX dead_letters_by_image ON dead_letters (image_id, at);
