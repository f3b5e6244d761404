import { type Static, Type } from "typebox";
import { limits } from "#config/limits.ts";
import { staff } from "#lib/contract/access.ts";
import { BodyPart } from "#lib/contract/bytes.ts";
import { action, Exact } from "#lib/contract/contract.ts";
import { pricingLimits } from "./limits.ts";

const Count = (description: string) => Type.Integer({ minimum: 0, description, examples: [1] });
const None = (description: string) => Type.Integer({ minimum: 0, description, examples: [0] });

/** What the lines of a stream have come to. */
export const StreamCounts = Exact({
  lines: Count("Lines so far; empty ones have a number, too"),
  accepted: Count(
    "Lines whose price was stored. Lines about one price that arrive together count as the one that counts",
  ),
  unchanged: None("Lines that changed nothing: the price was stored already, or a newer one"),
  rejected: Type.Array(Exact({ line: Type.Integer({ minimum: 1 }), message: Type.String() }), {
    maxItems: pricingLimits.STREAM_REJECTED_SHOWN,
    description: "The first lines that cannot be stored. All others are",
    examples: [[]],
  }),
  rejectedTotal: None("All lines that cannot be stored, with those that `rejected` does not show"),
});
export type StreamCounts = Static<typeof StreamCounts>;

export const streamActions = {
  streamPrices: action({
    summary: "Sets prices line by line, as many as you like.",
    description:
      'The body is NDJSON: a JSON object on each line, `{"sku": "MUG-ENAMEL", "currency": "USD", "amount": 14.5, "at": "2026-01-31T12:00:00.000Z"}`. `at` says when the price was made, and one that is older than what is stored changes nothing, so lines may come late, twice, or in any order; without it the line counts as made now. `currency` is USD unless it is given. Lines are read no faster than they are stored, in parts: a stream that breaks off leaves the parts before, and may be sent again as a whole. A line that cannot be stored is rejected with its number, the others are stored.',
    rest: "POST /prices:stream",
    params: Exact({ part: BodyPart, before: Type.Optional(StreamCounts) }),
    returns: StreamCounts,
    access: staff("pricing:write"),
    retryable: true,
    timeoutMs: limits.REQUEST_TIMEOUT_MS, // a full part takes longer than a read, and a second call would not help
    parts: {
      types: ["application/x-ndjson"],
      partBytes: pricingLimits.STREAM_PART_BYTES,
      lines: true,
      eager: true,
      example: { type: "application/x-ndjson", text: '{"sku":"MUG-ENAMEL","currency":"USD","amount":14.5}\n' },
    },
  }),
};
