-- The coupons of the cart, and its discounts as they were shown; null without any.
ALTER TABLE checkout_attempt ADD COLUMN coupons json;
ALTER TABLE checkout_attempt ADD COLUMN discounts json;
