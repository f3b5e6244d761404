-- Emails are stored in Unicode's form NFC, see normalEmail. Of several customers whose emails differ only in their form,
-- the one who has the normal form already keeps it, otherwise the one who was registered first. The others stay as they
-- are: they keep their orders, and can log in again when staff gives them another email (PUT /customers/{customerId}).
-- Auth decides in the same way about their credentials.
UPDATE customer SET email = normalize(email, NFC)
WHERE customer_id IN (
  SELECT min(customer_id) FROM customer AS other -- ids sort by time
  WHERE email IS NOT NFC NORMALIZED
    AND NOT EXISTS (SELECT 1 FROM customer AS owner WHERE owner.email = normalize(other.email, NFC))
  GROUP BY normalize(email, NFC)
);
COMMENT ON COLUMN customer.email IS 'in lower case and NFC';
