import type { S3Client } from "@aws-sdk/client-s3";
import type { Env } from "#config/env.ts";
import { StartupError } from "#lib/startup-error.ts";
import { mediaLimits } from "../domain/limits.ts";
import type { MediaStorage } from "./storage.ts";

type Sdk = typeof import("@aws-sdk/client-s3");

const PAGE_OBJECTS = 1_000; // as many as S3 lists and deletes at once
const DELETE_PAGES = 100; // of one image

/** Keeps images in a bucket of S3 or of a server with its API. Nodes on several machines can share it. */
export class S3Storage implements MediaStorage {
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  private constructor(sdk: Sdk, client: S3Client, bucket: string, prefix: string) {
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  /** The SDK is loaded here, because that takes half a second that shops without S3 do not spend. */
  static async open(env: Env): Promise<S3Storage> {
    const { S3_BUCKET: bucket, S3_ENDPOINT: endpoint, S3_REGION: region } = env;
    const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = env;
    if (bucket === undefined) throw new StartupError("S3_BUCKET: is required with MEDIA_STORAGE=s3");
    if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
      throw new StartupError("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY: set both, or none");
    const sdk = await import("@aws-sdk/client-s3");
    const client = new sdk.S3Client({
      region,
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
      requestHandler: { requestTimeout: mediaLimits.STORAGE_MS, connectionTimeout: mediaLimits.STORAGE_MS },
    });
    return new S3Storage(sdk, client, bucket, `${env.NAMESPACE}/`);
  }

  async write(mediaId: string, name: string, bytes: Uint8Array): Promise<void> {
    const object = { ...this.#object(mediaId, name), Body: bytes, ContentLength: bytes.byteLength };
    await this.#client.send(new this.#sdk.PutObjectCommand(object));
  }

  read(mediaId: string, name: string): Promise<Buffer | undefined> {
    return this.#ifThere(async () => {
      const { Body } = await this.#client.send(new this.#sdk.GetObjectCommand(this.#object(mediaId, name)));
      return Body && Buffer.from(await Body.transformToByteArray());
    });
  }

  async has(mediaId: string, name: string): Promise<boolean> {
    const found = await this.#ifThere(() =>
      this.#client.send(new this.#sdk.HeadObjectCommand(this.#object(mediaId, name))),
    );
    return found !== undefined;
  }

  async remove(mediaId: string): Promise<void> {
    const Bucket = this.#bucket;
    for (let page = 0; page < DELETE_PAGES; page++) {
      const Prefix = this.#key(mediaId, "");
      const listed = await this.#client.send(
        new this.#sdk.ListObjectsV2Command({ Bucket, Prefix, MaxKeys: PAGE_OBJECTS }),
      );
      const Objects = (listed.Contents ?? []).map(({ Key }) => ({ Key }));
      if (Objects.length === 0) return;
      await this.#client.send(new this.#sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    }
  }

  async list(after: string, limit: number): Promise<{ mediaIds: string[]; next?: string }> {
    const listed = await this.#client.send(
      new this.#sdk.ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: this.#prefix,
        Delimiter: "/",
        MaxKeys: Math.min(limit, PAGE_OBJECTS),
        ...(after === "" ? {} : { ContinuationToken: after }),
      }),
    );
    const folders = (listed.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []);
    const mediaIds = folders.map((folder) => folder.slice(this.#prefix.length, -1));
    return { mediaIds, ...(listed.NextContinuationToken ? { next: listed.NextContinuationToken } : {}) };
  }

  /** An object is there whole or not at all. */
  async sweep(): Promise<void> {}

  close(): void {
    this.#client.destroy();
  }

  #key(mediaId: string, name: string): string {
    return `${this.#prefix}${mediaId}/${name}`;
  }

  #object(mediaId: string, name: string) {
    return { Bucket: this.#bucket, Key: this.#key(mediaId, name) };
  }

  async #ifThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof this.#sdk.S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
      throw error;
    }
  }
}
