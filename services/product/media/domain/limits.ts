/** The bounds of this service, each with its unit. */
export const mediaLimits = {
  PART_BYTES: 524_288, // of an upload; each is a row until the last one has arrived
  UPLOAD_BYTES: 50_000_000, // of one image, whatever MEDIA_BYTES says
  UPLOAD_TIMEOUT_MS: 25_000, // for the last part, in which the image is decoded
  UPLOAD_SECONDS: 3_600, // then the parts of an upload that was not finished are deleted
  IMAGE_SIDE: 16_383, // pixels; WebP knows no more
  CHUNK_BYTES: 3_000_000, // of an image in one answer between nodes, which is 4 MB in base64; few have more
  IMAGE_PROCESSES: 2, // of a node, each of which decodes one image at a time
  AVIF_AT_ONCE: 1, // of them, because AVIF takes ten times as long as WebP
  IMAGES_WAITING: 64, // for one of the processes; any more are answered with 503
  IMAGE_WAIT_MS: 4_000, // for a process
  DECODE_MS: 15_000, // for an image that is uploaded; then its process is killed
  DERIVE_MS: 12_000, // for one in another size, and the start of its process: a tenth of a second, on a busy machine many
  GET_TIMEOUT_MS: 25_000, // to draw or decode an image, and to make another one of it
  PROCESS_IDLE_MS: 60_000, // then a process ends, and gives its memory back
  CACHE_BYTES: 67_108_864, // of images in the memory of a node
  KNOWN_MEDIA: 20_000, // in memory on each node, about 200 bytes each
  KNOWN_MS: 30_000, // an image that was removed is sent for this much longer when the signal is lost
  COLLECT_MS: 10_000, // between two looks for what is not used
  COLLECT_ROWS: 200, // images that one run removes
  RECONCILE_MS: 60_000, // between two comparisons of a part of the files with the rows
  RECONCILE_MEDIA: 1_000, // that one run compares
  STRAY_SECONDS: 3_600, // files without a row are removed after this: an upload stores its file first
  LINK_SECONDS: 604_800, // of a link to a private image: a week
  STORAGE_MS: 10_000, // for one request to S3
} as const;
