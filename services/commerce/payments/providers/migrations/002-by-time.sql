-- For the list of a period. Charges are stored in the order of their time, so an index of their blocks is enough.
CREATE INDEX charge_time ON charge USING brin (charged_at);
