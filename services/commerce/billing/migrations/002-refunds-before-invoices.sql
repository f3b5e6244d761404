-- Refunds that were told before the invoice of their order was issued; found by their order when it is.
CREATE INDEX due_refund ON due ((fact ->> 'orderId')) WHERE fact ->> 'kind' = 'refunded';
