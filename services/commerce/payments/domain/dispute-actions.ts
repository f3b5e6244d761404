import { Type } from "typebox";
import { staff } from "#lib/contract/access.ts";
import { action, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { DisputeView, EvidenceParams } from "./schemas.ts";

export const disputeActions = {
  listDisputes: action({
    summary: "Disputes, the newest first",
    rest: "GET /disputes",
    params: Exact({ ...Page, paymentId: Type.Optional(Id("payment")) }),
    returns: Type.Object({ disputes: Type.Array(DisputeView), pagination: Pagination }),
    access: staff("payments:read"),
  }),
  getDispute: action({
    summary: "One dispute",
    rest: "GET /disputes/:disputeId",
    params: Exact({ disputeId: Id("dispute") }),
    returns: DisputeView,
    access: staff("payments:read"),
  }),
  submitEvidence: action({
    summary: "Sends the shop's evidence to the customer's bank, once",
    rest: "POST /disputes/:disputeId/evidence",
    params: Exact({ disputeId: Id("dispute"), ...EvidenceParams }),
    returns: DisputeView,
    access: staff("payments:write"),
    errors: ["DISPUTE_CLOSED", "NOT_SUPPORTED", "PROVIDER_UNAVAILABLE"],
    idempotent: true,
  }),
};
