-- What lists find a product by: terms such as `colour=red` of it and its variants, see `domain/attribute-filter.ts`, and the
-- numbers for an exact comparison. Null: none of its attributes is one that lists can be filtered by.
ALTER TABLE product ADD COLUMN filter_terms text[], ADD COLUMN filter_numbers jsonb;
CREATE INDEX product_filter ON product USING gin (filter_terms) WHERE archived_at IS NULL AND filter_terms IS NOT NULL;

-- Products up to this id have the terms of the attribute; null: all have. New, and changed, attributes begin again.
ALTER TABLE attribute ADD COLUMN indexed_to text COLLATE "C";
CREATE INDEX attribute_unindexed ON attribute (indexed_to) WHERE indexed_to IS NOT NULL;
