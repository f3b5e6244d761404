-- What a search looks at: title and skus as `domain/search-text.ts` folds them. Null until the service has folded them.
ALTER TABLE product ADD COLUMN search_text text COLLATE "C";
CREATE INDEX product_unfolded ON product (product_id) WHERE search_text IS NULL;
ALTER TABLE brand ADD COLUMN search_text text COLLATE "C";

-- Without the right to make an extension the index is left out; the service says so when it starts. LIKE belongs to
-- Postgres itself, so that a search does not depend on the schema that the extension is in.
DO $$
DECLARE
  home text;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
  EXCEPTION
    WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR invalid_schema_name
      OR duplicate_object OR unique_violation THEN NULL;
  END;
  SELECT quote_ident(n.nspname) INTO home
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
  IF home IS NOT NULL THEN
    EXECUTE format(
      'CREATE INDEX product_search ON product USING gin (search_text %s.gin_trgm_ops) WHERE archived_at IS NULL', home);
  END IF;
END $$;
