-- When the source of a price says that it was made, to the millisecond; null for one that was set without that, which
-- counts from `valid_from`. An older price changes nothing.
ALTER TABLE price ADD COLUMN as_of timestamptz;

-- The history of prices that arrive by thousands: a row for all changes of one shard in one transaction. A row in
-- `price_change` for each of them would take most of the time, because each belongs to another page of the index. The ids
-- are those of `price_change`, so that the changes of one price have their order in both tables together.
CREATE TABLE price_change_part (
  shard text COLLATE "C" NOT NULL,
  valid_from timestamptz NOT NULL,
  id bigint NOT NULL DEFAULT nextval('price_change_id_seq'),
  skus text[] NOT NULL,
  currencies text[] NOT NULL,
  amounts bigint[] NOT NULL,
  PRIMARY KEY (shard, valid_from, id)
);

-- All changes of the prices of a sku, from both tables: `id` orders those of one currency. It is planned as a part of the
-- statement that uses it. The shard of the sku is a parameter, because the service computes it.
CREATE FUNCTION price_history(asked_sku text, asked_shard text)
RETURNS TABLE (currency text, id bigint, amount_minor bigint, valid_from timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT change.currency, change.id, change.amount_minor, change.valid_from
  FROM price_change AS change WHERE change.sku = asked_sku
  UNION ALL
  SELECT one.currency, part.id, one.amount_minor, part.valid_from
  FROM price_change_part AS part
  CROSS JOIN LATERAL unnest(part.skus, part.currencies, part.amounts) AS one (sku, currency, amount_minor)
  WHERE part.shard = asked_shard AND asked_sku = ANY (part.skus) AND one.sku = asked_sku
$$;
