import { DomainError } from "#lib/contract/errors.ts";
import { Semaphore } from "#lib/sql/semaphore.ts";
import type { Derivative } from "../domain/derivative.ts";
import type { ImageType } from "../domain/image-type.ts";
import { mediaLimits } from "../domain/limits.ts";
import { ImageProcesses } from "./image-processes.ts";
import type { ImageOutcome, MadeImage } from "./image-work.ts";

/** Makes images of images. */
export class ImageMaker {
  readonly #processes: ImageProcesses;
  readonly #avif = new Semaphore(
    mediaLimits.AVIF_AT_ONCE,
    mediaLimits.IMAGE_WAIT_MS,
    "Too many images are being made.",
    mediaLimits.IMAGES_WAITING,
  );

  constructor(processes: ImageProcesses = new ImageProcesses()) {
    this.#processes = processes;
  }

  /** An upload as it is stored. @throws DomainError TOO_MANY_PIXELS or IMAGE_UNREADABLE */
  async normalise(bytes: Uint8Array, type: ImageType, maxPixels: number): Promise<MadeImage> {
    const work = { kind: "normalise", bytes, type, maxPixels, maxSide: mediaLimits.IMAGE_SIDE } as const;
    const outcome = await this.#processes.run(work, mediaLimits.DECODE_MS);
    if (outcome?.kind === "made") return outcome;
    if (outcome?.because !== "pixels") throw new DomainError("IMAGE_UNREADABLE");
    const limit = `at most ${maxPixels} are taken, and ${work.maxSide} on a side`;
    throw new DomainError("TOO_MANY_PIXELS", `${outcome.detail}; ${limit}.`);
  }

  async derive(bytes: Uint8Array, derivative: Derivative): Promise<Buffer> {
    const { width, height, fit, format } = derivative;
    const run = () => this.#processes.run({ kind: "derive", bytes, width, height, fit, format }, mediaLimits.DERIVE_MS);
    return bytesOf(await (format === "avif" ? this.#avif.run(run) : run()));
  }

  async draw(svg: string): Promise<Buffer> {
    return bytesOf(await this.#processes.run({ kind: "draw", svg }, mediaLimits.DERIVE_MS));
  }

  close(): void {
    this.#processes.close();
  }
}

/** @throws DomainError SERVICE_UNAVAILABLE, because an image that was stored could be decoded before */
function bytesOf(outcome: ImageOutcome | undefined): Buffer {
  if (outcome?.kind !== "made") throw new DomainError("SERVICE_UNAVAILABLE", "The image could not be made in time.");
  const { bytes } = outcome;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
