import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { createLink } from "./actions/create-link.ts";
import { deleteMedia } from "./actions/delete-media.ts";
import { getMedia } from "./actions/get-media.ts";
import { mediaList } from "./actions/list-media.ts";
import { uploadMedia } from "./actions/upload-media.ts";
import { productArchived } from "./consumers/product-archived.ts";
import { productCreated } from "./consumers/product-created.ts";
import { productUpdated } from "./consumers/product-updated.ts";
import { media } from "./contract.ts";
import { countMissing } from "./files.store.ts";
import { collectUnused } from "./jobs/collect-unused.ts";
import { reconcileFiles } from "./jobs/reconcile-files.ts";
import { seedDemo } from "./seed.ts";
import { forgetMedia, type MediaDeps, setUp, tearDown } from "./setup.ts";

export default service<typeof media, MediaDeps>(media, {
  database: { migrations: join(import.meta.dirname, "migrations") },
  setup: setUp,
  actions: { upload: uploadMedia, get: getMedia, list: mediaList, delete: deleteMedia, createLink },
  consumers: [productCreated, productUpdated, productArchived],
  jobs: [collectUnused, reconcileFiles],
  signals: { "media.removed": (deps, { mediaIds }) => forgetMedia(deps, mediaIds) },
  alarms: {
    missingFiles: { summary: "Images whose file is not in the storage", count: countMissing },
  },
  ready: seedDemo,
  teardown: tearDown,
});
