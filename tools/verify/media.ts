import { mediaLimits } from "#services/product/media/domain/limits.ts";
import { originalName } from "#services/product/media/domain/media.ts";
import type { Expected } from "#services/product/media/files.store.ts";
import type { MediaStorage } from "#services/product/media/storage/storage.ts";
import type { Inspection, Suspect } from "./invariant.ts";
import { statement } from "./statement.ts";

const STRAY_SECONDS = 2 * mediaLimits.STRAY_SECONDS; // the job removes them after half of it
const PAGE_ROWS = 500;

/** What was removed because nobody showed it, was shown by nobody. */
const kept: Inspection = {
  ...statement({ name: "media.kept", says: "No image was removed as unused while a product showed it." }, "media", {
    count: "SELECT count(*) AS count FROM product_image",
    wrong: `SELECT media_id AS id, format('it was removed at %s; %s has shown it since %s', removed_at, product_id, since) AS wrong
              FROM removed_media JOIN product_image USING (media_id) WHERE since < removed_at LIMIT $1`,
  }),
  optional: true,
};

/** @param storage where the files of images are; absent: only the tables are looked at */
export function mediaInspections(storage: MediaStorage | undefined): Inspection[] {
  const strays: Inspection = {
    ...statement(
      { name: "media.strays", says: "No files of images stay without a row for more than two hours." },
      "media",
      {
        count: "SELECT count(*) AS count FROM stray",
        wrong: `SELECT media_id AS id, format('found without a row at %s', found_at) AS wrong FROM stray
                WHERE found_at > '-infinity' AND found_at < now() - make_interval(secs => ${STRAY_SECONDS}) LIMIT $1`,
      },
    ),
    optional: true,
  };
  return [kept, strays, ...(storage ? [filesInspection(storage)] : [])];
}

/** A drawing of the demonstration shop is drawn when it is needed, and may have no file. */
function filesInspection(storage: MediaStorage): Inspection {
  const invariant = { name: "media.files", says: "Every image has its file in the storage." };
  return {
    invariants: [invariant],
    reads: ["media"],
    optional: true,
    async *look(databases, ids) {
      const database = await databases.of("media");
      const all = database.keys(
        "SELECT media_id AS key FROM media WHERE media_id > $1 AND drawing IS NULL ORDER BY media_id LIMIT $2",
        PAGE_ROWS,
      );
      for await (const page of ids ? [[...ids]] : all) {
        const rows = await database.query<Pick<Expected, "mediaId" | "type">>(
          `SELECT media_id AS "mediaId", type FROM media WHERE media_id = ANY ($1)`,
          [page],
        );
        const suspects: Suspect[] = [];
        for (const { mediaId, ...media } of rows) {
          const name = originalName(media);
          if (!(await storage.has(mediaId, name))) suspects.push({ id: mediaId, wrong: `${name} is missing` });
        }
        yield { invariant: invariant.name, checked: page.length, suspects };
      }
    },
  };
}
