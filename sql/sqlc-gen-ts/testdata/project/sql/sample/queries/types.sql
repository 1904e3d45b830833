-- Writes one value of each type.
-- It returns nothing: `*/` and ${braces} are harmless.
-- name: InsertAllTypes :exec
INSERT INTO orders.all_types (id, flag, small, medium, big, single, double, exact, words, state, day, create_time, age, payload, document)
VALUES (@id, @flag, @small, @medium, @big, @single, @double, @exact, @words, @state, @day, @create_time, @age, @payload, @document);

-- name: GetAllTypes :one
SELECT * FROM orders.all_types WHERE id = @id;

-- name: InsertNullables :exec
INSERT INTO orders.nullables (id, flag, medium, big, words, state, create_time, payload, document, tags)
VALUES (@id, @flag, @medium, @big, @words, @state, @create_time, @payload, @document, @tags);

-- name: GetNullables :one
SELECT * FROM orders.nullables WHERE id = @id;

-- name: InsertArrays :exec
INSERT INTO orders.arrays (id, ids, mediums, bigs, words, states, times, payloads, documents)
VALUES (@id, @ids, @mediums, @bigs, @words, @states, @times, @payloads, @documents);

-- name: GetArrays :one
SELECT * FROM orders.arrays WHERE id = @id;

-- The nullable side of a LEFT JOIN.
-- name: ListJoined :many
SELECT a.id, n.id AS nullables_id, n.words
FROM orders.all_types a
LEFT JOIN orders.nullables n ON n.id = a.id
WHERE sqlc.narg(state)::orders.order_state IS NULL OR a.state = sqlc.narg(state)
ORDER BY a.id;
