-- Advisory locks belong to a database, and several services may have their schemas in one. So the names of locks begin
-- with the schema.

CREATE OR REPLACE FUNCTION may_be_ordered(wanted text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(
    hashtextextended(coalesce(nullif(current_schema(), 'public') || '/', '') || wanted, 2));
  RETURN NOT EXISTS (SELECT FROM abandoned_source WHERE source = wanted);
END $$;

CREATE OR REPLACE FUNCTION abandon_source(unwanted text) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(
    hashtextextended(coalesce(nullif(current_schema(), 'public') || '/', '') || unwanted, 2));
  INSERT INTO abandoned_source (source)
  SELECT unwanted WHERE NOT EXISTS (SELECT FROM orders WHERE source = unwanted)
  ON CONFLICT DO NOTHING;
END $$;
