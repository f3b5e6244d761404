-- The test provider keeps its books in a database of its own. It does not know the charges of before, which were of test
-- money: their references begin with `test_op_`, those of its new books with `test_charge_`.
DROP TABLE test_provider_call, test_provider_charge;
