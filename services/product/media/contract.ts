import { Type } from "typebox";
import { anyone, staff } from "#lib/contract/access.ts";
import { BodyPart, Bytes } from "#lib/contract/bytes.ts";
import { action, contract, Empty, Exact, Timestamp } from "#lib/contract/contract.ts";
import { CursorPage, CursorPagination } from "#lib/contract/cursor.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";
import { FormedText } from "#lib/contract/text.ts";
import { FITS, FORMATS } from "./domain/derivative.ts";
import { mediaLimits } from "./domain/limits.ts";
import { ListedMedia, Media, Received } from "./domain/schemas.ts";

export const mediaIds = defineIds({ media: "med", upload: "upl" });

export const mediaErrors = defineErrors({
  IMAGE_UNREADABLE: {
    status: 422,
    title: "The image is damaged or incomplete",
    help: "Open the file in a program for images and save it again. Sending the same bytes again gives the same answer.",
  },
  TOO_MANY_PIXELS: {
    status: 422,
    title: "The image has too many pixels",
    help: "Make the image smaller: `detail` names the limit.",
  },
  MEDIA_IN_USE: {
    status: 409,
    title: "Products show this image",
    help: "Take the image out of the products that show it, then delete it.",
  },
  LINK_EXPIRED: {
    status: 410,
    title: "The link has expired",
    help: "Ask who gave you the link for a new one.",
  },
});

/** 16 by 12 pixels. */
const EXAMPLE_PNG =
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAGElEQVQokWPQz48jCTGMasgfDSV9bGEAAPm0vQGa1N7tAAAAAElFTkSuQmCC";

const Pixels = Type.Integer({ minimum: 1, maximum: 10_000, examples: [320] });
const access = staff("media:write");

export const media = contract("media", {
  summary: "Images: uploads, and the sizes and formats that shops show.",
  actions: {
    upload: action({
      summary: "Stores an image.",
      description:
        "The body is the image: JPEG, PNG, WebP, AVIF or GIF, told apart by content. It is stored upright and without metadata such as the place where it was taken; of a moving image the first picture. The same bytes again give the same image, so a repeated upload is harmless. An image that no product shows is removed after a time, unless `keep` says that it stays, or it is private.",
      rest: "POST /media",
      status: 201,
      params: Exact({
        part: BodyPart,
        before: Type.Optional(Type.Union([Media, Received])),
        private: Type.Optional(Type.Boolean({ description: "Only links with an expiry show it" })),
        keep: Type.Optional(Type.Boolean({ description: "It stays although no product shows it" })),
      }),
      returns: Type.Union([Media, Received]),
      access,
      errors: ["IMAGE_UNREADABLE", "TOO_MANY_PIXELS", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE"],
      parts: {
        types: ["image/*"],
        bytes: mediaLimits.UPLOAD_BYTES,
        partBytes: mediaLimits.PART_BYTES,
        example: { type: "image/png", base64: EXAMPLE_PNG },
      },
      timeoutMs: mediaLimits.UPLOAD_TIMEOUT_MS,
    }),
    get: action({
      summary: "Reads an image in a size and format.",
      description:
        "`w` and `h` are rounded up to a size that the shop makes (`MEDIA_SIZES`). `contain` fits all of the image into them, `cover` fills them and cuts off the rest; without a size it is the largest one. An image is never enlarged. The same address always gives the same image, so it may be kept for a year; private images may not.",
      rest: "GET /media/:mediaId",
      example: { mediaId: "med_demo_enamel_mug", w: 320, h: 320, fit: "cover", format: "webp" },
      params: Exact({
        mediaId: Id("media"),
        w: Type.Optional(Pixels),
        h: Type.Optional(Pixels),
        fit: Type.Optional(Type.Enum([...FITS], { default: "contain" })),
        format: Type.Optional(Type.Enum([...FORMATS], { default: "webp" })),
        expires: Type.Optional(Type.Integer({ minimum: 0, description: "Of a link to a private image" })),
        signature: Type.Optional(Type.String({ maxLength: 64, description: "Of a link to a private image" })),
        next: Type.Optional(FormedText("a number", "^\\d{1,9}$")),
      }),
      returns: Bytes,
      access: anyone({ badToken: "ignored" }),
      errors: ["LINK_EXPIRED"],
      bytes: { types: FORMATS.map((format) => `image/${format}`) },
      expensiveWith: ["mediaId"], // an image that must be made waits for its turn in the service
      retryable: true,
      timeoutMs: mediaLimits.GET_TIMEOUT_MS,
    }),
    list: action({
      summary: "Lists images, the newest first.",
      rest: "GET /media",
      params: Exact({
        ...CursorPage,
        unused: Type.Optional(
          Type.Boolean({
            description: "true: only images that no product shows; false: only those that a product shows",
          }),
        ),
      }),
      returns: Type.Object({ media: Type.Array(ListedMedia), pagination: CursorPagination }),
      access: staff("media:read"),
      retryable: true,
    }),
    delete: action({
      summary: "Removes an image that no product shows.",
      description: "Copies that browsers and proxies keep live on.",
      rest: "DELETE /media/:mediaId",
      status: 204,
      params: Exact({ mediaId: Id("media") }),
      returns: Empty,
      access,
      errors: ["MEDIA_IN_USE"],
    }),
    createLink: action({
      summary: "Makes a link to an image that works for a time.",
      description:
        "Private images can only be read with such a link. It gives all sizes and formats: add `w` and so on.",
      rest: "POST /media/:mediaId/links",
      status: 201,
      params: Exact({
        mediaId: Id("media"),
        expiresInSeconds: Type.Integer({ minimum: 1, maximum: mediaLimits.LINK_SECONDS, examples: [3600] }),
      }),
      returns: Type.Object({
        url: Type.String({
          examples: ["/api/v1/media/med_demo_enamel_mug?expires=1796000000&signature=kR2v0sX1uP8h5cQmY7tJLw"],
        }),
        expiresAt: Timestamp,
      }),
      access,
    }),
  },
  personalData: {
    media: "none", // images of goods; who uploads a portrait of somebody must have agreed that with them
    upload_part: "none",
    product: "none",
    product_image: "none",
    stray: "none",
    removed_media: "none",
    media_secret: "none",
  },
  signals: {
    /** Images were removed: what a node keeps of them is to be forgotten. */
    removed: Exact({ mediaIds: Type.Array(Id("media")) }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    media: typeof media;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    media: typeof mediaErrors;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    media: typeof mediaIds;
  }
}
