import { catalogLimits } from "#services/product/catalog/domain/limits.ts";
import { checksumOf, FURTHER_NOTICE } from "#services/product/catalog/publication-copy.store.ts";
import type { Inspection } from "./invariant.ts";
import { statement } from "./statement.ts";

// What the shop shows of the catalogue, and what other services know of it. Without drafts there are no versions.

const ofVersion = (row: string, snapshot: string) =>
  `${row}.from_snapshot <= ${snapshot} AND ${row}.to_snapshot > ${snapshot}`;
const CHECKSUM = checksumOf();
const PUBLISHED_CHECKSUM = checksumOf(
  "published_variant v WHERE v.from_snapshot = p.from_snapshot AND",
  "published_product_category c WHERE c.from_snapshot = p.from_snapshot AND",
);

const shown = statement(
  {
    name: "catalog.shown",
    says: "What the shop shows is a version that is complete, or the draft before the first one.",
  },
  "catalog",
  {
    count: "SELECT count(*) AS count FROM catalogue_state",
    wrong: `SELECT s.shown::text AS id, format('state %s, prepared at %s', p.state, p.prepared_at) AS wrong
            FROM catalogue_state s LEFT JOIN publication p ON p.snapshot = s.shown
            WHERE s.shown IS NOT NULL AND (p.prepared_at IS NULL OR p.state IS DISTINCT FROM 'published')
            LIMIT $1`,
  },
);

const once = statement({ name: "catalog.once", says: "In each version a product is at most once." }, "catalog", {
  count: "SELECT count(*) AS count FROM published_product",
  wrong: `SELECT product_id AS id, format('from %s while the row before is until %s', from_snapshot, until) AS wrong
            FROM (
              SELECT product_id, from_snapshot,
                     lag(to_snapshot) OVER (PARTITION BY product_id ORDER BY from_snapshot) AS until
              FROM published_product
            ) r WHERE until > from_snapshot LIMIT $1`,
});

const whole = statement(
  {
    name: "catalog.whole",
    says: "The shown version has as many products as the draft had when it was taken, and the checksum of all that was copied.",
  },
  "catalog",
  {
    count: "SELECT count(*) AS count FROM publication p JOIN catalogue_state s ON p.snapshot = s.shown",
    wrong: `SELECT p.version::text AS id,
                   format('%s products with the checksum %s; it should be %s with %s', found.products, found.checksum,
                          p.products, p.checksum) AS wrong
            FROM catalogue_state s JOIN publication p ON p.snapshot = s.shown
            CROSS JOIN LATERAL (
              SELECT count(*) AS products, coalesce(bit_xor(r.checksum), 0) AS checksum FROM published_product r
              WHERE ${ofVersion("r", "s.shown")}
            ) found
            WHERE (found.products, found.checksum) IS DISTINCT FROM (p.products::bigint, p.checksum) LIMIT $1`,
  },
);

const facts = statement(
  {
    name: "catalog.facts",
    says: "Each product of the shown version has the facts, variants and categories that were copied.",
  },
  "catalog",
  {
    count: `SELECT count(*) AS count FROM published_product p JOIN catalogue_state s ON ${ofVersion("p", "s.shown")}`,
    wrong: `SELECT p.product_id AS id, 'its checksum is of other facts' AS wrong
            FROM catalogue_state s JOIN published_product p ON ${ofVersion("p", "s.shown")}
            WHERE p.checksum <> ${PUBLISHED_CHECKSUM} LIMIT $1`,
  },
);

const drafts = statement(
  {
    name: "catalog.drafts",
    says: "A product whose draft was not written since the newest version is the same in both.",
  },
  "catalog",
  {
    count:
      "SELECT count(*) AS count FROM product p, catalogue_state s WHERE s.mode = 'drafts' AND p.archived_at IS NULL",
    wrong: `SELECT coalesce(d.product_id, o.product_id) AS id,
                   format('in the draft: %s; in the newest version: %s', d.product_id IS NOT NULL, o.product_id IS NOT NULL) AS wrong
            FROM (SELECT p.product_id, ${CHECKSUM} AS checksum FROM product p WHERE p.archived_at IS NULL) d
            FULL JOIN (SELECT product_id, checksum FROM published_product WHERE to_snapshot = ${FURTHER_NOTICE}) o
              ON o.product_id = d.product_id
            WHERE d.checksum IS DISTINCT FROM o.checksum
              AND NOT EXISTS (SELECT FROM draft_change c WHERE c.product_id = coalesce(d.product_id, o.product_id))
              AND EXISTS (SELECT FROM catalogue_state WHERE mode = 'drafts')
            LIMIT $1`,
  },
);

const told = statement(
  {
    name: "catalog.told",
    says: "What other services were last told of a product is what the shop shows.",
  },
  "catalog",
  {
    count:
      "SELECT count(DISTINCT key) AS count FROM outbox WHERE topic = 'catalog.events' AND event_type LIKE 'Product%'",
    wrong: `WITH last AS (
              SELECT DISTINCT ON (key) key, event_type, data FROM outbox
              WHERE topic = 'catalog.events' AND event_type LIKE 'Product%' ORDER BY key, sequence DESC
            ), seen AS (
              SELECT r.product_id, r.slug, r.title, r.description
              FROM published_product r JOIN catalogue_state s ON s.mode <> 'immediate' AND ${ofVersion("r", "s.shown")}
              UNION ALL
              SELECT p.product_id, p.slug, p.title, p.description
              FROM product p JOIN catalogue_state s ON s.mode = 'immediate' WHERE p.archived_at IS NULL
            )
            SELECT l.key AS id, format('told last: %s, %s; shown: %s', event_type, data ->> 'title', coalesce(title, 'nothing')) AS wrong
            FROM last l LEFT JOIN seen p ON p.product_id = l.key
            WHERE NOT EXISTS (SELECT FROM shown_change WHERE told_at IS NULL)
              AND CASE WHEN p.product_id IS NULL THEN event_type <> 'ProductArchived'
                  ELSE event_type = 'ProductArchived' OR (data ->> 'slug', data ->> 'title', data ->> 'description')
                    IS DISTINCT FROM (p.slug, p.title, p.description) END
            LIMIT $1`,
  },
);

const toldInTime = statement(
  {
    name: "catalog.told-in-time",
    says: `Other services know what the shop shows ${catalogLimits.UNTOLD_SECONDS} s after it began to show it.`,
  },
  "catalog",
  {
    count: "SELECT count(*) AS count FROM shown_change",
    wrong: `SELECT number::text AS id, format('version %s is shown since %s, %s told', version, at, told) AS wrong
            FROM shown_change WHERE told_at IS NULL AND at < now() - make_interval(secs => ${catalogLimits.UNTOLD_SECONDS})
            LIMIT $1`,
  },
);

export const catalogueInspections: readonly Inspection[] = [shown, once, whole, facts, drafts, told, toldInTime].map(
  (inspection) => ({ ...inspection, optional: true }),
);
