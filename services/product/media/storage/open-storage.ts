import { join } from "node:path";
import type { Env } from "#config/env.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { DiskStorage } from "./disk-storage.ts";
import { S3Storage } from "./s3-storage.ts";
import type { MediaStorage } from "./storage.ts";

/** The storage that the settings name. Shops that share a disk or a bucket have different namespaces. */
export async function openStorage(env: Env): Promise<MediaStorage> {
  if (env.MEDIA_STORAGE === "s3") return S3Storage.open(env);
  return new DiskStorage(join(env.DATA_DIR, "media", env.NAMESPACE));
}

/** Any failure of a storage is an outage to a client: the disk is full, or S3 cannot be reached. */
export async function reaching<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new DomainError("SERVICE_UNAVAILABLE", "The storage of images does not answer.", { reason: String(error) });
  }
}
