import type { Queryable } from "#lib/sql/transaction.ts";
import type { Mode, PublicationState } from "./domain/publication.ts";

/** What the catalogue is doing. */
export interface CatalogueState {
  mode: Mode;
  /** The snapshot that the next publication takes. */
  draft: number;
  /** The snapshot that the shop shows; null before the first. */
  shown: number | null;
  /** Snapshots that were taken and are not prepared yet, the oldest first. */
  unprepared: number[];
}

export interface Publication {
  version: number;
  /** Null until the draft is taken. */
  snapshot: number | null;
  state: PublicationState;
  note: string | null;
  at: Date | null;
  createdAt: Date;
  publishedAt: Date | null;
  changes: number;
  products: number;
  isPrepared: boolean;
  isShown: boolean;
}

export async function catalogueState(db: Queryable): Promise<CatalogueState> {
  const [row] = await db.query<CatalogueState>(
    `SELECT mode, draft, shown, ARRAY (
       SELECT snapshot FROM publication WHERE prepared_at IS NULL AND snapshot IS NOT NULL ORDER BY snapshot
     ) AS unprepared FROM catalogue_state`,
  );
  if (!row) throw new Error("The table catalogue_state is empty: its migration has filled it.");
  return row;
}

/** The snapshot that the shop shows; null before the first. */
export async function shownSnapshot(db: Queryable): Promise<number | null> {
  const [row] = await db.query<{ shown: number | null }>("SELECT shown FROM catalogue_state");
  return row?.shown ?? null;
}

/** What is known of a number, which may be made up, of a snapshot: whether there ever was one, and can be read still. */
export async function lookUpSnapshot(db: Queryable, number: number): Promise<{ wasTaken: boolean; isKept: boolean }> {
  const [row] = await db.query<{ wasTaken: boolean; isKept: boolean }>(
    `SELECT $1::bigint BETWEEN 1 AND draft - 1 AS "wasTaken",
            EXISTS (SELECT FROM publication WHERE snapshot = $1::bigint AND published_at IS NOT NULL) AS "isKept"
     FROM catalogue_state`,
    [number],
  );
  return row ?? { wasTaken: false, isKept: false };
}

export async function setMode(tx: Queryable, mode: Mode): Promise<void> {
  await tx.query("UPDATE catalogue_state SET mode = $1", [mode]);
}

/** Notes that the drafts of these products are written. */
export async function markWritten(tx: Queryable, draft: number, productIds: readonly string[]): Promise<void> {
  await tx.query(
    `INSERT INTO draft_change (snapshot, product_id) SELECT $1, product_id FROM unnest($2::text[]) AS p (product_id)
     ON CONFLICT DO NOTHING`,
    [draft, productIds],
  );
}

/** Products that the next publication may change. */
export async function countChanges(db: Queryable, draft: number): Promise<number> {
  const [row] = await db.query<{ changes: number }>(
    "SELECT count(*)::int AS changes FROM draft_change WHERE snapshot = $1",
    [draft],
  );
  return row?.changes ?? 0;
}

/** @returns the version of a new publication, which has not taken the draft yet */
export async function addPublication(tx: Queryable, note: string | null, at: Date | null): Promise<number> {
  const [row] = await tx.query<{ version: number }>(
    `INSERT INTO publication (version, state, note, at)
     SELECT coalesce(max(version), 0) + 1, 'scheduled', $1::text, $2::timestamptz FROM publication RETURNING version`,
    [note, at],
  );
  return row?.version ?? 0;
}

/** Takes the draft as the snapshot of a publication. @returns how many products were written since the one before */
export async function takeDraft(tx: Queryable, version: number, draft: number): Promise<number> {
  const [row] = await tx.query<{ changes: number }>(
    `WITH next AS (UPDATE catalogue_state SET draft = $2 + 1)
     UPDATE publication SET snapshot = $2, state = 'publishing',
       changes = (SELECT count(*) FROM draft_change WHERE snapshot = $2),
       products = (SELECT count(*) FROM product WHERE archived_at IS NULL)
     WHERE version = $1 RETURNING changes`,
    [version, draft],
  );
  return row?.changes ?? 0;
}

/** The scheduled publication whose time has come first, by the clock of the database. */
export async function duePublication(tx: Queryable): Promise<number | undefined> {
  const [row] = await tx.query<{ version: number }>(
    "SELECT version FROM publication WHERE state = 'scheduled' AND at <= now() ORDER BY at, version LIMIT 1",
  );
  return row?.version;
}

/** Every row of a snapshot is there now. @returns its publication */
export async function markPrepared(tx: Queryable, snapshot: number): Promise<Publication | undefined> {
  await tx.query(
    `UPDATE publication SET prepared_at = now(), checksum = checksum #
       coalesce((SELECT b.checksum FROM publication b WHERE b.snapshot < $1 ORDER BY b.snapshot DESC LIMIT 1), 0)
     WHERE snapshot = $1`,
    [snapshot],
  );
  return findPublication(tx, "p.snapshot = $1", snapshot);
}

const PUBLICATION = `
  SELECT p.version, p.snapshot, p.state, p.note, p.at, p.created_at AS "createdAt", p.published_at AS "publishedAt",
         p.changes, p.products, p.prepared_at IS NOT NULL AS "isPrepared",
         coalesce(p.snapshot = s.shown AND p.state = 'published', false) AS "isShown"
  FROM publication p CROSS JOIN catalogue_state s`;

async function findPublication(db: Queryable, where: string, value: number): Promise<Publication | undefined> {
  const [row] = await db.query<Publication>(`${PUBLICATION} WHERE ${where}`, [value]);
  return row;
}

export const publicationOf = (db: Queryable, version: number) => findPublication(db, "p.version = $1", version);

/** The publication that took the snapshot before this one, if it is kept. */
export async function versionBefore(db: Queryable, snapshot: number): Promise<Publication | undefined> {
  return findPublication(db, "p.snapshot = (SELECT max(snapshot) FROM publication WHERE snapshot < $1)", snapshot);
}

export async function pageOfPublications(
  db: Queryable,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: Publication[]; total: number }> {
  const [rows, [count]] = await Promise.all([
    db.query<Publication>(`${PUBLICATION} ORDER BY p.version DESC LIMIT $1 OFFSET $2`, [limit, offset]),
    db.query<{ total: number }>("SELECT count(*)::int AS total FROM publication"),
  ]);
  return { rows, total: count?.total ?? 0 };
}

/** @returns whether it was still scheduled */
export async function cancelScheduled(tx: Queryable, version: number): Promise<boolean> {
  const rows = await tx.query(
    "UPDATE publication SET state = 'cancelled' WHERE version = $1 AND state = 'scheduled' RETURNING version",
    [version],
  );
  return rows.length > 0;
}

export async function cancelAllScheduled(tx: Queryable): Promise<void> {
  await tx.query("UPDATE publication SET state = 'cancelled' WHERE state = 'scheduled'");
}

/** Locks what the shop shows, so that one transaction at a time changes it. @returns the snapshot */
export async function lockShown(tx: Queryable): Promise<number | null> {
  const [row] = await tx.query<{ shown: number | null }>("SELECT shown FROM catalogue_state FOR UPDATE");
  return row?.shown ?? null;
}

/** The publications of later snapshots count as rolled back, also those that are not prepared yet: they are not shown then. */
export async function overtakeLater(tx: Queryable, snapshot: number): Promise<void> {
  await tx.query(
    "UPDATE publication SET state = 'rolled back' WHERE snapshot > $1 AND state IN ('publishing', 'published')",
    [snapshot],
  );
}

/**
 * Lets the shop show a prepared snapshot, and leaves a note for what other services must be told: how it differs from
 * `from`.
 */
export async function show(
  tx: Queryable,
  { version, snapshot }: { version: number; snapshot: number },
  from: number | null,
): Promise<void> {
  await tx.query("UPDATE catalogue_state SET shown = $1", [snapshot]);
  await tx.query(
    "UPDATE publication SET state = 'published', published_at = coalesce(published_at, now()) WHERE snapshot = $1",
    [snapshot],
  );
  await tx.query(
    `INSERT INTO shown_change (number, from_snapshot, to_snapshot, version)
     SELECT coalesce(max(number), 0) + 1, $1::int, $2, $3 FROM shown_change`,
    [from, snapshot, version],
  );
}
