-- What lists put in order and look for, and an index for each order, alone and within what one user owns. An index of
-- products also holds all that a filter asks for, so that whatever does not fit is passed over without reading its row.
--
-- `..._folded` holds a text as searches and orders compare it, folded by the program and never by SQLite, which knows
-- ASCII only. `folded` and `url_host` are functions of the program that exist while migrations run.

ALTER TABLE products ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
UPDATE products SET name_folded = folded(name);

DROP INDEX products_by_owner;
CREATE INDEX products_by_created_at ON products (created_at, id, price_hundredths, name_folded);
CREATE INDEX products_by_price ON products (price_hundredths, id, name_folded);
CREATE INDEX products_by_name ON products (name_folded, id, price_hundredths);
CREATE INDEX products_of_owner_by_created_at ON products (owner_id, created_at, id, price_hundredths, name_folded);
CREATE INDEX products_of_owner_by_price ON products (owner_id, price_hundredths, id, name_folded);
CREATE INDEX products_of_owner_by_name ON products (owner_id, name_folded, id, price_hundredths);

-- Which names contain three letters in a row. It refers to the products for the names themselves, and has to be told of
-- every change.
CREATE VIRTUAL TABLE product_names USING fts5 (
    name_folded,
    content = 'products',
    content_rowid = 'id',
    columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);
INSERT INTO product_names (product_names) VALUES ('rebuild');

CREATE TRIGGER products_inserted AFTER INSERT ON products BEGIN
    INSERT INTO product_names (rowid, name_folded) VALUES (new.id, new.name_folded);
END;
CREATE TRIGGER products_deleted AFTER DELETE ON products BEGIN
    INSERT INTO product_names (product_names, rowid, name_folded) VALUES ('delete', old.id, old.name_folded);
END;
CREATE TRIGGER products_renamed AFTER UPDATE OF name_folded ON products WHEN old.name_folded <> new.name_folded BEGIN
    INSERT INTO product_names (product_names, rowid, name_folded) VALUES ('delete', old.id, old.name_folded);
    INSERT INTO product_names (rowid, name_folded) VALUES (new.id, new.name_folded);
END;

ALTER TABLE users ADD COLUMN first_name_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN last_name_folded TEXT NOT NULL DEFAULT '';
UPDATE users SET first_name_folded = folded(first_name), last_name_folded = folded(last_name);

CREATE INDEX users_by_first_name ON users (first_name_folded);
CREATE INDEX users_by_last_name ON users (last_name_folded);

-- Those of before are given the owner and the host that the product and the image have, if they are still there.
ALTER TABLE dead_letters ADD COLUMN owner_id INTEGER;
ALTER TABLE dead_letters ADD COLUMN host TEXT;
ALTER TABLE dead_letters ADD COLUMN marked INTEGER NOT NULL DEFAULT 0 CHECK (marked IN (0, 1));
UPDATE dead_letters SET
    owner_id = (SELECT owner_id FROM products WHERE products.id = dead_letters.product_id),
    host = (SELECT url_host(url) FROM images WHERE images.id = dead_letters.image_id);

DROP INDEX dead_letters_by_age;
CREATE INDEX dead_letters_by_age ON dead_letters (at, id);
CREATE INDEX dead_letters_of_product ON dead_letters (product_id, at, id) WHERE product_id IS NOT NULL;
CREATE INDEX dead_letters_of_owner ON dead_letters (owner_id, at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX dead_letters_of_host ON dead_letters (host, at, id) WHERE host IS NOT NULL;
CREATE INDEX dead_letters_of_reason ON dead_letters (reason, at, id);
CREATE INDEX dead_letters_marked ON dead_letters (at, id) WHERE marked = 1;
