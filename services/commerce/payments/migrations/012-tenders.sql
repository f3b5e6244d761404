-- What gift cards and store credit pay of an order; null where its method pays all of it.
ALTER TABLE payable ADD COLUMN tenders json;
-- An order whose risk is under review is not charged before it is approved. The approval may come before the order's event.
ALTER TABLE payable
  ADD COLUMN under_review boolean NOT NULL DEFAULT false,
  ADD COLUMN approved boolean NOT NULL DEFAULT false;
