-- POST /products, each request another product with one image. Told: a word that tells this run from others, the user's
-- id, where images are, and `key` for an Idempotency-Key of its own with each request.
local word, user, origin, with_key, count = "", "1", "", false, 0
local description = string.rep("Boils a litre in three minutes. ", 12)

function init(arguments)
    word, user, origin, with_key = arguments[1], arguments[2], arguments[3], arguments[4] == "key"
end

function request()
    count = count + 1
    local headers = { ["Content-Type"] = "application/json" }
    if with_key then
        headers["Idempotency-Key"] = word .. "-" .. count
    end
    local body = string.format(
        '{"user_id":%s,"product_name":"Kettle %d of %s","product_description":"%s","product_price":34.9,'
            .. '"product_images":["%s/%s/%d.jpg"]}',
        user, count, word, description, origin, word, count
    )
    return wrk.format("POST", nil, headers, body)
end
