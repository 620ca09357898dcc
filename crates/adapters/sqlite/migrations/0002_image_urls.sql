-- Images that a client told the URL of: `source_kind` is 'url', and what is known of the bytes (`content_type`, `source_bytes`,
-- `sha256`) stands there once they were fetched and the image is ready.
ALTER TABLE images ADD COLUMN url TEXT;
