import { demoPictures } from "#config/demo.ts";
import { demoSeed } from "#mixins/service/demo-seed.ts";
import { DRAWING_PIXELS } from "./drawings/drawings.ts";
import { insertMedia, lacksDrawings, lockAdding } from "./media.store.ts";
import type { MediaDeps } from "./setup.ts";

/** The pictures of the demonstration shop. They are drawn when somebody looks at them. */
export const seedDemo = demoSeed<MediaDeps>(lacksDrawings, (ctx) =>
  ctx.transaction(async (tx) => {
    await lockAdding(tx); // for another node, which seeds at the same moment
    for (const { mediaId, drawing } of demoPictures) {
      const size = { type: "image/png", width: DRAWING_PIXELS, height: DRAWING_PIXELS, bytes: 0 } as const;
      await insertMedia(tx, { mediaId, hash: `drawing:${drawing}`, isPrivate: false, isKept: false, drawing, ...size });
    }
  }),
);
