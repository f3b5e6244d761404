import { ByteCache } from "#lib/byte-cache.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Log } from "#lib/log.ts";
import type { Derivative } from "../domain/derivative.ts";
import { mediaLimits } from "../domain/limits.ts";
import { type Media, originalName } from "../domain/media.ts";
import { drawingOf } from "../drawings/drawings.ts";
import { reaching } from "../storage/open-storage.ts";
import type { MediaStorage } from "../storage/storage.ts";
import type { ImageMaker } from "./image-maker.ts";

/**
 * Images in other sizes and formats: from memory, or from the storage, or made now and stored. Requests for the same one
 * at the same time share the work.
 */
export class Derivatives {
  readonly #storage: MediaStorage;
  readonly #maker: ImageMaker;
  readonly #log: Log;
  readonly #hot = new ByteCache<Buffer>(mediaLimits.CACHE_BYTES);
  readonly #loading = new Map<string, Promise<Buffer>>();

  constructor(parts: { storage: MediaStorage; maker: ImageMaker; log: Log }) {
    this.#storage = parts.storage;
    this.#maker = parts.maker;
    this.#log = parts.log;
  }

  async read(media: Media, derivative: Derivative): Promise<Buffer> {
    const key = `${media.mediaId}/${derivative.name}`;
    return this.#hot.get(key) ?? this.#once(key, () => this.#load(key, media, derivative));
  }

  /** Whoever asks for the same while it is under way gets the same. */
  #once(key: string, load: () => Promise<Buffer>): Promise<Buffer> {
    const loading = this.#loading.get(key) ?? load().finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }

  forget(mediaId: string): void {
    this.#hot.deleteBeginning(`${mediaId}/`);
  }

  async #load(key: string, media: Media, derivative: Derivative): Promise<Buffer> {
    const stored = await reaching(this.#storage.read(media.mediaId, derivative.name));
    const bytes = stored ?? (await this.#make(media, derivative));
    this.#hot.set(key, bytes);
    return bytes;
  }

  async #make(media: Media, derivative: Derivative): Promise<Buffer> {
    const bytes = await this.#maker.derive(await this.#original(media), derivative);
    await this.#storage.write(media.mediaId, derivative.name, bytes).catch((error: unknown) => {
      this.#log.warn("An image could not be stored; it is made again when it is needed.", { reason: String(error) });
    });
    return bytes;
  }

  async #original(media: Media): Promise<Buffer> {
    const { mediaId, drawing } = media;
    const stored = await reaching(this.#storage.read(mediaId, originalName(media)));
    if (stored) return stored;
    if (drawing === null) throw new DomainError("SERVICE_UNAVAILABLE", "The file of the image is missing.");
    return this.#once(`${mediaId}/${originalName(media)}`, async () => {
      const drawn = await this.#maker.draw(drawingOf(drawing));
      await reaching(this.#storage.write(mediaId, originalName(media), drawn));
      return drawn;
    });
  }
}
