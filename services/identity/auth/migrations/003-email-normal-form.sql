-- Emails are stored in Unicode's form NFC, see normalEmail. Of several active credentials whose emails differ only in
-- their form, one gets the normal form, chosen as customers and users choose. Pending credentials may share an email.
UPDATE credential SET email = normalize(email, NFC)
WHERE email IS NOT NFC NORMALIZED AND (state = 'pending' OR subject_id IN (
  SELECT min(subject_id) FROM credential AS other -- ids sort by time
  WHERE state = 'active' AND email IS NOT NFC NORMALIZED
    AND NOT EXISTS (SELECT 1 FROM credential AS owner
                    WHERE owner.kind = other.kind AND owner.state = 'active' AND owner.email = normalize(other.email, NFC))
  GROUP BY kind, normalize(email, NFC)
));
