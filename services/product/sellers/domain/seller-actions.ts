import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { internal, ownerOr, staff } from "#lib/contract/access.ts";
import { BodyPart, Bytes } from "#lib/contract/bytes.ts";
import { action, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { FormedText } from "#lib/contract/text.ts";
import { DOCUMENT_MEDIA_TYPES } from "./document-type.ts";
import { sellerLimits } from "./limits.ts";
import {
  DocumentKind,
  DocumentView,
  Profile,
  ReceivedPart,
  SellerId,
  SellerView,
  Status,
  StatusOf,
  WithReason,
} from "./schemas.ts";

// The part of the contract that is about who sells: applications, members, documents and decisions.

const readAccess = ownerOr("sellers:read");
const writeAccess = ownerOr("sellers:write");
const decides = staff("sellers:write");
const readsDocuments = staff("sellers:documents");

const Members = Type.Array(Id("customer"), {
  maxItems: sellerLimits.MEMBERS,
  uniqueItems: true,
  description: "Customers who act for the seller, beside the one who has applied",
});
const MembersOf = Type.Object({ ...SellerId, ownerId: Id("customer"), customerIds: Members });
const DocumentId = { ...SellerId, documentId: Id("sellerDocument") };

const EXAMPLE = { name: "Nordic Wood", email: "hello@nordic-wood.example", country: "DK" };
/** The beginning of a PDF. */
const EXAMPLE_PDF = Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64");

function decision(verb: string, does: string, description?: string) {
  return action({
    summary: does,
    ...(description === undefined ? {} : { description }),
    rest: `POST /sellers/:sellerId/${verb}` as const,
    params: Exact(SellerId),
    returns: StatusOf,
    access: decides,
    errors: ["SELLER_STATE"],
    idempotent: true,
  });
}

function decisionWithReason(verb: string, does: string, description?: string) {
  return action({ ...decision(verb, does, description), params: Exact(WithReason) });
}

export const sellerActions = {
  apply: action({
    summary: "Applies to sell in the shop.",
    description:
      "The customer who sends it is the owner. Staff with `sellers:write` name the owner in `customerId`. Next the documents are added and the application is submitted.",
    rest: "POST /sellers",
    status: 201,
    example: EXAMPLE,
    params: Exact({
      ...Profile,
      customerId: Type.Optional(Type.With(Id("customer"), { description: "The owner, when staff apply for them" })),
    }),
    returns: StatusOf,
    access: writeAccess,
    errors: ["LIMIT_REACHED", "SELLER_DATA_UNAVAILABLE"],
    idempotent: true,
  }),
  list: action({
    summary: "Lists sellers, the newest first: a customer's own ones, or all for staff.",
    rest: "GET /sellers",
    params: Exact({ ...Page, status: Type.Optional(Status) }),
    returns: Type.Object({ sellers: Type.Array(SellerView, { maxItems: limits.PAGE_SIZE }), pagination: Pagination }),
    access: readAccess,
  }),
  get: action({
    summary: "Reads a seller.",
    rest: "GET /sellers/:sellerId",
    params: Exact(SellerId),
    returns: SellerView,
    access: readAccess,
  }),
  update: action({
    summary: "Changes what a seller says of themselves: the fields that are given.",
    description:
      "While the application is checked nothing changes. An approved seller cannot change `legalName`, `taxId` and `country`, which were checked.",
    rest: "PUT /sellers/:sellerId",
    example: { email: "shop@nordic-wood.example" },
    params: Exact({ ...SellerId, ...Type.Partial(Exact(Profile)).properties }),
    returns: SellerView,
    access: writeAccess,
    errors: ["SELLER_STATE", "SELLER_DATA_UNAVAILABLE"],
    retryable: true,
  }),
  members: action({
    summary: "Who acts for a seller.",
    rest: "GET /sellers/:sellerId/members",
    params: Exact(SellerId),
    returns: MembersOf,
    access: readAccess,
  }),
  actsFor: action({
    summary: "Whether a customer acts for a seller: as the owner, or as a member.",
    params: Exact({ ...SellerId, customerId: Id("customer") }),
    returns: Type.Object({ acts: Type.Boolean() }),
    access: internal(),
    retryable: true,
  }),
  setMembers: action({
    summary: "Says who acts for a seller. Only the owner and staff may.",
    rest: "PUT /sellers/:sellerId/members",
    example: { customerIds: [] },
    params: Exact({ ...SellerId, customerIds: Members }),
    returns: MembersOf,
    access: writeAccess,
    errors: ["FORBIDDEN"],
    retryable: true,
  }),
  addDocument: action({
    summary: "Adds a document to an application.",
    description: "The body is a PDF, PNG or JPEG, told apart by content. It is stored encrypted.",
    rest: "POST /sellers/:sellerId/documents",
    status: 201,
    params: Exact({
      ...SellerId,
      type: DocumentKind,
      part: BodyPart,
      before: Type.Optional(Type.Union([DocumentView, ReceivedPart])),
    }),
    returns: Type.Union([DocumentView, ReceivedPart]),
    access: writeAccess,
    errors: ["UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE", "LIMIT_REACHED", "SELLER_DATA_UNAVAILABLE"],
    parts: {
      types: [...DOCUMENT_MEDIA_TYPES],
      bytes: sellerLimits.DOCUMENT_BYTES,
      partBytes: sellerLimits.DOCUMENT_PART_BYTES,
      example: { type: "application/pdf", base64: EXAMPLE_PDF },
    },
  }),
  documents: action({
    summary: "Lists the documents of a seller, the oldest first.",
    rest: "GET /sellers/:sellerId/documents",
    params: Exact(SellerId),
    returns: Type.Object({ documents: Type.Array(DocumentView, { maxItems: sellerLimits.DOCUMENTS }) }),
    access: readAccess,
  }),
  readDocument: action({
    summary: "Reads a document. Each reading is recorded.",
    rest: "GET /sellers/:sellerId/documents/:documentId",
    params: Exact({ ...DocumentId, next: Type.Optional(FormedText("a number", "^\\d{1,4}$")) }),
    returns: Bytes,
    access: readsDocuments,
    errors: ["SELLER_DATA_UNAVAILABLE"],
    bytes: { types: [...DOCUMENT_MEDIA_TYPES] },
  }),
  documentReadings: action({
    summary: "Who has read a document, the latest first.",
    rest: "GET /sellers/:sellerId/documents/:documentId/readings",
    params: Exact({ ...DocumentId, ...Page }),
    returns: Type.Object({
      readings: Type.Array(
        Type.Object({ by: Type.String({ description: "`staff:<id>`", examples: ["staff:staff_01h"] }), at: Timestamp }),
        { maxItems: limits.PAGE_SIZE },
      ),
      pagination: Pagination,
    }),
    access: readsDocuments,
  }),
  submit: action({
    summary: "Submits an application, which is checked then. Also again after a rejection.",
    description: "It needs a document of the type `identity` and one of the type `registration`.",
    rest: "POST /sellers/:sellerId/submit",
    params: Exact(SellerId),
    returns: StatusOf,
    access: writeAccess,
    errors: ["SELLER_STATE", "DOCUMENTS_MISSING"],
    idempotent: true,
  }),
  approve: decision("approve", "Lets a seller sell, whatever the check says later."),
  reject: decisionWithReason("reject", "Refuses an application. The seller may submit it again."),
  suspend: decisionWithReason(
    "suspend",
    "Hides the offers of a seller at once.",
    "Orders that have them go on. Payouts wait until the seller is reinstated.",
  ),
  reinstate: decision("reinstate", "Lets a suspended seller sell again."),
};
