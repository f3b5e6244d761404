import type { Inspection } from "./invariant.ts";
import { statement } from "./statement.ts";

/** Imports of products: their state, and what is stored for them, say the same. */
export const importInspections: readonly Inspection[] = [
  statement(
    {
      name: "catalog.imports",
      says: "An import that has finished has read its whole file, and tells why it has refused what it has refused.",
    },
    "catalog",
    {
      count: "SELECT count(*) AS count FROM import WHERE status = 'finished'",
      wrong: `SELECT import_id AS id,
                     format('read %s of %s bytes; %s rows refused, %s faults', read_bytes, bytes, failed, faults) AS wrong
              FROM import i,
                   LATERAL (SELECT count(*) AS faults FROM import_error e WHERE e.import_id = i.import_id) stored
              WHERE status = 'finished' AND (read_bytes <> bytes OR (failed > 0) <> (faults > 0)) LIMIT $1`,
    },
  ),
  statement(
    {
      name: "catalog.importParts",
      says: "An import that has not ended has all parts of its file, and one that has ended has none.",
    },
    "catalog",
    {
      count: "SELECT count(*) AS count FROM import",
      wrong: `SELECT import_id AS id,
                     format('is %s with %s of %s parts, %s of %s bytes', status, stored, parts, length, bytes) AS wrong
              FROM import i,
                   LATERAL (SELECT count(*) AS stored, coalesce(sum(octet_length(body)), 0) AS length
                            FROM import_part p WHERE p.import_id = i.import_id) found
              WHERE stored <> CASE WHEN status IN ('finished', 'failed') THEN 0 ELSE parts END
                 OR length <> CASE WHEN status IN ('finished', 'failed') THEN 0 ELSE bytes END
              LIMIT $1`,
    },
  ),
  statement(
    {
      name: "catalog.importWork",
      says: "An import that has not ended has its work in the queue, once.",
    },
    "catalog",
    {
      count: "SELECT count(*) AS count FROM import WHERE status IN ('waiting', 'running')",
      wrong: `SELECT import_id AS id, format('%s items of work', items) AS wrong
              FROM import i, LATERAL (SELECT count(*) AS items FROM import_work w
                                      WHERE split_part(w.work_id, '/', 1) = i.import_id) found
              WHERE status IN ('waiting', 'running') AND items <> 1 LIMIT $1`,
    },
  ),
].map((inspection) => ({ ...inspection, optional: true }));
