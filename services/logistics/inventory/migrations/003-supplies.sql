-- What one piece of a sku takes from the stock, for skus that are not one piece of themselves: bundles, and digital goods,
-- which take nothing. Null: itself again.
CREATE TABLE supply (
  sku text PRIMARY KEY,
  takes json
);

-- A reservation of digital goods alone has no lines.
ALTER TABLE reservation ADD COLUMN without_lines boolean NOT NULL DEFAULT false;
