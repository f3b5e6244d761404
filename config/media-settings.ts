import { Type } from "typebox";

// A section of the schema in env.ts.

/** Where images are, and what is taken and made of them. */
export const mediaSettings = {
  MEDIA_STORAGE: Type.Enum(["disk", "s3"], {
    default: "disk",
    description: "`disk`: images are files in DATA_DIR; `s3`: in a bucket, which several machines can share",
  }),
  S3_ENDPOINT: Type.Optional(
    Type.String({
      pattern: "^https?://.+$",
      description: "URL of a server with the API of S3; absent: Amazon's own of S3_REGION",
    }),
  ),
  S3_REGION: Type.String({ default: "us-east-1", description: "region of the bucket" }),
  S3_BUCKET: Type.Optional(Type.String({ description: "bucket for images; required with MEDIA_STORAGE=s3" })),
  S3_ACCESS_KEY_ID: Type.Optional(
    Type.String({ description: "access key of the bucket; absent: as Amazon's SDK finds one on this machine" }),
  ),
  S3_SECRET_ACCESS_KEY: Type.Optional(Type.String({ description: "secret of S3_ACCESS_KEY_ID" })),
  MEDIA_BYTES: Type.Integer({
    default: 20_000_000,
    minimum: 1_000,
    maximum: 50_000_000,
    description: "largest image that is taken, in bytes",
  }),
  MEDIA_PIXELS: Type.Integer({
    default: 50_000_000,
    minimum: 1_000,
    maximum: 200_000_000,
    description: "largest image that is taken, in pixels; a decoded pixel takes four bytes of memory",
  }),
  MEDIA_SIZES: Type.String({
    default: "160,320,480,640,960,1280,1920",
    pattern: "^[1-9]\\d{0,3}(,[1-9]\\d{0,3}){0,15}$",
    description: "widths and heights in pixels that images are made in; others are rounded up to one of them",
  }),
  MEDIA_UNUSED_SECONDS: Type.Integer({
    default: 2_592_000,
    minimum: 1,
    maximum: 315_360_000,
    description: "how long an image that no product shows is kept: 30 days",
  }),
};
