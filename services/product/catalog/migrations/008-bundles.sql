-- A digital product has no stock. A bundle takes the stock of its components: [{"sku": …, "quantity": …}].
ALTER TABLE product ADD COLUMN kind text NOT NULL DEFAULT 'physical' CHECK (kind IN ('physical', 'digital', 'bundle'));
ALTER TABLE variant ADD COLUMN components json;
ALTER TABLE published_product ADD COLUMN kind text NOT NULL DEFAULT 'physical';
ALTER TABLE published_variant ADD COLUMN components json;
