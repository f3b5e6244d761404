-- The taxes of each line, in the sequence of the lines; null where the order has none. Of orders that were placed before, the
-- taxes are included in the prices, and not shared out among the lines.
ALTER TABLE orders ADD COLUMN line_taxes json;
-- A business buyer's tax number.
ALTER TABLE orders ADD COLUMN tax_id json;
