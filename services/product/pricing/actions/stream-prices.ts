import { bytesOf } from "#lib/contract/bytes.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { pricing } from "../contract.ts";
import type { Deps } from "../setup.ts";
import { storeLines } from "../steps/store-lines.ts";

/** Stores one part of a stream, and adds what became of its lines to that of the parts before. */
export const streamPrices: Handler<typeof pricing.actions.streamPrices, Deps> = transactional(
  (ctx, { part, before }) => {
    const text = bytesOf(part).toString();
    const body = part.number === 1 ? text.replace(/^\uFEFF/, "") : text; // a byte order mark is no part of the first line
    return storeLines(ctx, body, before ? { before } : {});
  },
);
