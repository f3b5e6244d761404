import { randomBytes } from "node:crypto";
import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { promotions } from "../contract.ts";
import { CODE_BYTES, codeFrom } from "../domain/codes.ts";
import { promotionLimits } from "../domain/limits.ts";
import { countCodes, insertCodes, updatePromotion } from "../promotions.store.ts";
import type { Deps } from "../setup.ts";
import { changePromotions, lockLive } from "../steps/change-promotions.ts";

/** Codes are random, so that of a million none is like another: two alike would fail the request, and nothing is stored. */
export const makeCodes: Handler<(typeof promotions.actions)["makeCodes"], Deps> = transactional(
  (ctx, { promotionId, count, prefix }) =>
    changePromotions(ctx, async (tx, { version, now }) => {
      const promotion = await lockLive(tx, promotionId, now);
      if ((await countCodes(tx, promotionId)) + count > promotionLimits.CODES_PER_PROMOTION)
        throw new DomainError("LIMIT_REACHED", `A promotion has at most ${promotionLimits.CODES_PER_PROMOTION} codes.`);
      const codes = Array.from({ length: count }, () => codeFrom(randomBytes(CODE_BYTES), prefix));
      await insertCodes(tx, promotionId, codes);
      if (!promotion.onlyWithCode) updatePromotion(tx, { ...promotion, onlyWithCode: true }, version);
      return { codes };
    }),
);
