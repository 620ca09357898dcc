-- `folded` writes one sigma now, wherever it stands in a word: a part of a name is found in it.
UPDATE products SET name_folded = folded(name) WHERE name_folded LIKE '%ς%';
UPDATE users SET first_name_folded = folded(first_name), last_name_folded = folded(last_name)
    WHERE first_name_folded LIKE '%ς%' OR last_name_folded LIKE '%ς%';
