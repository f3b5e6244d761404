-- A customer may pay with another method while a payment waits for them. What takes its place is stored with the wish,
-- because the payment that waits has to be voided before.
ALTER TABLE payment ADD COLUMN replacement json;
ALTER TABLE payment DROP CONSTRAINT payment_wish_check;
ALTER TABLE payment
  ADD CONSTRAINT payment_wish_known CHECK (wish IN ('none', 'capture', 'cancel', 'replace')),
  ADD CONSTRAINT payment_replacement CHECK ((wish = 'replace') = (replacement IS NOT NULL));
