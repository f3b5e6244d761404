import { Type } from "typebox";
import { Exact, Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { IMAGE_TYPES } from "./image-type.ts";
import { urlOf } from "./references.ts";

const EXAMPLE = "med_demo_enamel_mug";

export const Media = NamedObject("Media", {
  mediaId: Id("media"),
  url: Type.String({ description: "Path below the address of the shop", examples: [urlOf(EXAMPLE)] }),
  type: Type.Enum([...IMAGE_TYPES], { description: "Of the stored original", examples: ["image/jpeg"] }),
  width: Type.Integer({ minimum: 1, description: "Pixels, as it is looked at", examples: [1200] }),
  height: Type.Integer({ minimum: 1, examples: [1200] }),
  bytes: Type.Integer({ minimum: 0, description: "Of the stored original", examples: [182_344] }),
  private: Type.Boolean({ description: "Only who has a link of `POST /media/{mediaId}/links` can read it" }),
  keep: Type.Boolean({ description: "It stays although no product shows it" }),
  createdAt: Timestamp,
});

export const ListedMedia = NamedObject("ListedMedia", {
  ...Media.properties,
  products: Type.Integer({ minimum: 0, description: "How many products show it" }),
});

/** The answer to each part of an upload but the last. */
export const Received = Exact({ uploadId: Id("upload"), received: Type.Integer({ minimum: 0 }) });
