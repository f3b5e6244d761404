-- What a price was before its last change is read before it is set, under the lock of its shard.
ALTER TABLE price DROP COLUMN previous_minor;
