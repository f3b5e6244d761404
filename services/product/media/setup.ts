import { BoundedMap } from "#lib/bounded-map.ts";
import { TokenSigner } from "#lib/token-signer.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { parseSizes } from "./domain/derivative.ts";
import { mediaLimits } from "./domain/limits.ts";
import type { Media } from "./domain/media.ts";
import { Derivatives } from "./images/derivatives.ts";
import { ImageMaker } from "./images/image-maker.ts";
import { readSecret } from "./media.store.ts";
import { openStorage } from "./storage/open-storage.ts";
import type { MediaStorage } from "./storage/storage.ts";

/** What the handlers share. */
export interface MediaDeps {
  storage: MediaStorage;
  maker: ImageMaker;
  derivatives: Derivatives;
  /** Public images that were read a moment ago. */
  known: BoundedMap<string, Media & { until: number }>;
  /** Signs links to private images. */
  links: TokenSigner;
  /** Widths and heights that images are made in. */
  sizes: readonly number[];
  /** How far the comparison of files and rows has come on this node. */
  reconciled: { files: string; rows: string };
}

export async function setUp({ db, env, log }: SetupContext): Promise<MediaDeps> {
  const storage = await openStorage(env);
  const maker = new ImageMaker();
  return {
    storage,
    maker,
    derivatives: new Derivatives({ storage, maker, log }),
    known: new BoundedMap(mediaLimits.KNOWN_MEDIA),
    links: new TokenSigner(await readSecret(db)),
    sizes: parseSizes(env.MEDIA_SIZES),
    reconciled: { files: "", rows: "" },
  };
}

export function tearDown({ storage, maker }: MediaDeps): void {
  maker.close();
  storage.close();
}

/** Forgets what this node keeps of images that were removed. */
export function forgetMedia({ known, derivatives }: MediaDeps, mediaIds: readonly string[]): void {
  for (const mediaId of mediaIds) {
    known.delete(mediaId);
    derivatives.forget(mediaId);
  }
}
