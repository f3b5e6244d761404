-- Lines and steps are written by the statement that writes their order, or by a transaction that has locked it, and nothing
-- deletes orders. So the references prove nothing more, and they cost a query and a lock of the order for each row.
ALTER TABLE order_line DROP CONSTRAINT order_line_order_id_fkey;
ALTER TABLE order_history DROP CONSTRAINT order_history_order_id_fkey;
