-- How often a purchase of the cart was tried. A cart whose order was cancelled can be bought again, with another order.
ALTER TABLE checkout_attempt ADD COLUMN attempt int NOT NULL DEFAULT 1;
-- The order knows its state better than an answer that was given once.
ALTER TABLE checkout_attempt DROP COLUMN answer;
