import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import type { Auth } from "#lib/contract/access.ts";
import { newId } from "#lib/contract/ids.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { TokenSigner } from "#lib/token-signer.ts";
import type { Job } from "#mixins/service/jobs.ts";
import { type Instance, serviceContext } from "#mixins/service/service-context.ts";
import { catalog } from "#services/product/catalog/contract.ts";
import mediaService from "#services/product/media/media.service.ts";
import type { MediaDeps } from "#services/product/media/setup.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { eventually } from "#test/support/eventually.ts";
import { GUEST } from "#test/support/identities.ts";
import { emitAs, stubServiceWithEvents } from "#test/support/stub-service.ts";

export const STAFF: Auth = { kind: "staff", staffId: "staff_test", scopes: ["media:*"] };

interface UploadOptions {
  private?: boolean;
  keep?: boolean;
  partBytes?: number;
}

type Stored = Omit<CallResult<"media.list">["media"][number], "products">;

/** Media on one node, beside a stub of the catalogue that publishes events. */
export async function startMedia(settings: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "media-"));
  const broker = await startBroker({
    settings: { DATA_DIR: folder, ...settings },
    services: [mediaService, stubServiceWithEvents(catalog)],
  });
  const db = databaseOf(broker, "media");
  const instance = broker.getLocalService("media") as unknown as Instance<MediaDeps>;
  const { deps } = instance;
  const staff = callAs(broker, STAFF);
  const guest = callAs(broker, GUEST);

  /** Sends the parts of an image as the gateway does. */
  async function upload(bytes: Buffer, { partBytes = 500_000, ...options }: UploadOptions = {}): Promise<Stored> {
    const parts = Math.max(1, Math.ceil(bytes.length / partBytes));
    let before: CallResult<"media.upload"> | undefined;
    for (let number = 1; number <= parts; number++) {
      const base64 = bytes.subarray((number - 1) * partBytes, number * partBytes).toString("base64");
      const part = { number, base64, isLast: number === parts, type: "image/anything" };
      before = await staff("media.upload", { part, ...(before ? { before } : {}), ...options });
    }
    if (!before || !("mediaId" in before)) throw new Error("The last part was not answered with an image.");
    return before;
  }

  /** An image with what a reader gets of it, all chunks together. */
  async function read(mediaId: string, query: Record<string, unknown> = {}, call = guest) {
    const chunks: Buffer[] = [];
    let next: string | undefined;
    do {
      const chunk = await call("media.get", { mediaId, ...query, ...(next ? { next } : {}) });
      chunks.push(Buffer.from(chunk.base64, "base64"));
      next = chunk.next;
      if (next === undefined) return { ...chunk, bytes: Buffer.concat(chunks), chunks: chunks.length };
    } while (next);
    throw new Error("The image has no end.");
  }

  const product = (images: string[], productId = newId("product")) => ({
    ...{ productId, slug: productId, title: "A product", brand: null, categories: [], images, description: "" },
    ...{ attributes: {}, variants: [] },
  });
  const emit = (tell: Parameters<typeof emitAs>[2]) => emitAs(broker, "catalog", tell);
  const show = (images: string[], productId?: string) => {
    const facts = product(images, productId);
    return emit((tx) => tx.emit(catalog.events[productId ? "ProductUpdated" : "ProductCreated"], facts)).then(
      () => facts.productId,
    );
  };
  const archive = (productId: string) =>
    emit((tx) => tx.emit(catalog.events.ProductArchived, { productId, slug: productId, skus: [] }));
  /** Until media has applied all events. */
  const applied = () =>
    eventually(async () => {
      const [last] = await databaseOf(broker, "catalog").query<{ event_id: string }>(
        "SELECT event_id FROM outbox ORDER BY id DESC LIMIT 1",
      );
      const known = await db.query("SELECT 1 FROM inbox WHERE event_id = $1", [last?.event_id]);
      if (last && known.length === 0) throw new Error("The last event was not applied.");
    });
  const folderOf = (mediaId: string) => join(folder, "media", broker.namespace, mediaId.slice(-2), mediaId);
  const namesOf = (mediaId: string) => readdir(folderOf(mediaId));
  const original = async (mediaId: string) => {
    const name = (await namesOf(mediaId)).find((candidate) => candidate.startsWith("original.")) ?? "";
    return (await deps.storage.read(mediaId, name)) ?? Buffer.alloc(0);
  };
  /** Runs a job now. */
  const run = (job: Job<MediaDeps>) => job.run(serviceContext(instance, "media", `media.${job.name}`));
  const files = async () => (await deps.storage.list("", 1_000)).mediaIds.sort();

  return {
    ...{
      broker,
      db,
      deps,
      folderOf,
      namesOf,
      original,
      run,
      staff,
      guest,
      upload,
      read,
      show,
      archive,
      applied,
      files,
      emit,
      product,
    },
    as: (auth: Auth) => callAs(broker, auth),
    async stop() {
      await broker.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type MediaShop = Awaited<ReturnType<typeof startMedia>>;

/** A link that was right until a second ago. */
export async function expiredLink({ db }: MediaShop, mediaId: string) {
  const [row] = await db.query<{ secret: Buffer; expires: number }>(
    "SELECT secret, extract(epoch FROM now())::int - 1 AS expires FROM media_secret",
  );
  if (!row) throw new Error("There is no secret.");
  const signature = new TokenSigner(row.secret).sign("media", mediaId, String(row.expires));
  return { expires: row.expires, signature };
}

/** An image with different content at each call. */
export function picture(width: number, height: number, format: "jpeg" | "png" | "webp" | "avif" | "gif" = "png") {
  const [r, g, b] = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
  const image = sharp({
    create: { width, height, channels: 3, background: { r: r ?? 0, g: g ?? 0, b: b ?? 0 } },
  });
  const dot = Buffer.from(randomUUID().replaceAll("-", "").slice(0, 24), "hex");
  const noise = sharp(dot, { raw: { width: 2, height: 2, channels: 3 } }).png();
  return noise.toBuffer().then((input) =>
    image
      .composite([{ input, left: 0, top: 0 }])
      [format]()
      .toBuffer(),
  );
}

/** An image that no format can make small. */
export function noise(width: number, height: number) {
  return sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } });
}
