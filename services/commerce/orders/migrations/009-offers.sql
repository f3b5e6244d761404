-- Whose offer a line is; null: it is the shop's own.
ALTER TABLE order_line ADD COLUMN seller_id text;
-- The orders of a seller, the newest first: ids of orders sort by creation time.
CREATE INDEX order_line_seller ON order_line (seller_id, order_id DESC) WHERE seller_id IS NOT NULL;
