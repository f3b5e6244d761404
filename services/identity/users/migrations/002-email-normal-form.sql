-- Emails are stored in Unicode's form NFC, see normalEmail. Of several members of staff whose emails differ only in their
-- form, the one who has the normal form already keeps it, otherwise the one who was added first. The others stay as they
-- are, cannot log in any more, and need a new account. Auth decides in the same way about their credentials.
UPDATE staff SET email = normalize(email, NFC)
WHERE staff_id IN (
  SELECT min(staff_id) FROM staff AS other -- ids sort by time
  WHERE email IS NOT NFC NORMALIZED
    AND NOT EXISTS (SELECT 1 FROM staff AS owner WHERE owner.email = normalize(other.email, NFC))
  GROUP BY normalize(email, NFC)
);
COMMENT ON COLUMN staff.email IS 'in lower case and NFC';
