import type { ServiceIntake } from "#mixins/service/service.ts";
import { pricingLimits } from "../domain/limits.ts";
import type { Deps } from "../setup.ts";
import { storeLines } from "../steps/store-lines.ts";

/**
 * The second way in for the price stream: each message is a part of NDJSON lines. A line without `at` counts as made when its
 * message was stored by the broker, so that a message that comes again, or late, changes nothing.
 */
export const priceUpdates: ServiceIntake<Deps> = {
  name: "price-updates",
  subject: "prices.updates",
  messageBytes: pricingLimits.STREAM_PART_BYTES,
  waitingBytes: pricingLimits.STREAM_SUBJECT_BYTES,
  atOnce: pricingLimits.STREAM_SUBJECT_AT_ONCE,
  async store(ctx, { text, storedAt, sequence }) {
    const { rejected, rejectedTotal } = await storeLines(ctx, text, { defaultAt: storedAt.getTime() });
    if (rejectedTotal > 0)
      ctx.deps.rejections.warn("Lines of a message were rejected.", { sequence, rejectedTotal, first: rejected[0] });
  },
};
