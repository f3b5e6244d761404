import { Type } from "typebox";
import { staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { CursorPage, CursorPagination } from "#lib/contract/cursor.ts";
import { Id } from "#lib/contract/ids.ts";
import { Moment } from "#lib/contract/moment.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { Text } from "#lib/contract/text.ts";
import { catalogLimits } from "./limits.ts";
import { Slug, Title } from "./schemas.ts";

// The part of the contract that is about drafts and versions.

const access = staff("catalog:write");
const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647, examples: [1] });
const Note = Text(catalogLimits.NOTE_CHARS, { examples: ["Autumn range"] });
const Changes = Type.Integer({ minimum: 0, description: "Products that were written since the publication before" });
const State = Type.Enum(["scheduled", "cancelled", "publishing", "published", "rolled back"], {
  description:
    "`publishing`: it is being prepared, and is shown as soon as it is complete; `rolled back`: the shop went back to a version before it",
  examples: ["published"],
});

const Publication = NamedObject("Publication", {
  version: Version,
  state: State,
  shown: Type.Boolean({ description: "Whether the shop shows this version now" }),
  note: Type.Union([Note, Type.Null()]),
  at: Type.Union([Timestamp, Type.Null()], { description: "When a scheduled one is due" }),
  createdAt: Timestamp,
  publishedAt: Type.Union([Timestamp, Type.Null()], { description: "When the shop began to show it first" }),
  changes: Changes,
  products: Type.Integer({ minimum: 0, description: "Products in this version" }),
});

const ProductDifference = NamedObject("ProductDifference", {
  productId: Id("product"),
  slug: Slug,
  title: Title,
  change: Type.Enum(["added", "changed", "removed"]),
  properties: Type.Optional(
    Type.Array(Type.String(), { description: "The properties that changed", examples: [["title", "variants"]] }),
  ),
});

/** For reads of the catalogue: whether to read the draft instead of what the shop shows. */
export const Draft = {
  draft: Type.Optional(
    Type.Boolean({ description: "`true` reads the draft, with the scope catalog:write", examples: [false] }),
  ),
};

/** What such a read fails with when its caller may not read the draft. */
export const draftErrors = ["UNAUTHENTICATED", "FORBIDDEN"] as const;

export const publicationActions = {
  publish: action({
    summary: "Shows the draft to the shop, at once and whole, or at a time.",
    description:
      "For shops with `CATALOG_PUBLICATION=drafts`. The draft is taken as it is at the moment of the request, or at the time `at`. A large publication may still be `publishing` in the answer: the shop shows it, whole, some seconds later.",
    rest: "POST /publications",
    status: 201,
    example: { note: "Autumn range" },
    params: Exact({ note: Type.Optional(Note), at: Type.Optional(Moment) }),
    returns: Exact({ version: Version, changes: Changes, state: State }),
    access,
    errors: ["CONFLICT"],
    idempotent: true,
  }),
  publications: action({
    summary: "Lists publications, the newest first.",
    rest: "GET /publications",
    params: Exact({ ...Page }),
    returns: Type.Object({ publications: Type.Array(Publication), pagination: Pagination }),
    access,
  }),
  cancelPublication: action({
    summary: "Cancels a scheduled publication.",
    description: "`version` comes from `POST /publications`.",
    rest: "DELETE /publications/:version",
    status: 204,
    params: Exact({ version: Version }),
    returns: Empty,
    access,
    errors: ["CONFLICT"],
  }),
  rollBack: action({
    summary: "Shows an earlier version again, or a later one that was rolled back.",
    description:
      "For shops with `CATALOG_PUBLICATION=drafts`. `version` comes from `POST /publications`. The draft stays as it is. A publication that is still being prepared counts as rolled back, too.",
    rest: "POST /publications/:version/rollback",
    example: {},
    params: Exact({ version: Version }),
    returns: Publication,
    access,
    errors: ["CONFLICT"],
    idempotent: true,
  }),
  difference: action({
    summary: "What differs between two versions, by product.",
    description:
      "`version` comes from `POST /publications`. Without `from` it is compared with the version before. Products are sorted by their ids.",
    rest: "GET /publications/:version/difference",
    params: Exact({ version: Version, from: Type.Optional(Version), ...CursorPage }),
    returns: Type.Object({
      version: Version,
      from: Type.Union([Version, Type.Null()], { description: "null: there is no version before it" }),
      products: Type.Array(ProductDifference),
      pagination: CursorPagination,
    }),
    access,
    errors: ["CONFLICT"],
  }),
};
