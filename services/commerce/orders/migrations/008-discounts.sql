-- What promotions take off an order; null for orders without any.
ALTER TABLE orders ADD COLUMN discounts json;
-- The coupons that its purchase named, also those that give nothing.
ALTER TABLE orders ADD COLUMN coupons json;
-- The part of the discounts that a line gets. Lines from before have none, so they need not be checked.
ALTER TABLE order_line ADD COLUMN discount_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE order_line ADD CONSTRAINT order_line_discount CHECK (discount_minor BETWEEN 0 AND quantity * price_minor) NOT VALID;
