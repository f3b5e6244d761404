import type { SetupContext } from "#mixins/service/context.ts";
import { type DealDeps, setUpDeals } from "./deals/setup.ts";
import { promotionLimits } from "./domain/limits.ts";
import type { Outcome, Request } from "./domain/reserve.ts";
import { gathered } from "./steps/gather.ts";
import { PromotionBook } from "./steps/promotion-book.ts";

/** What the handlers share. */
export interface Deps {
  book: PromotionBook;
  deals: DealDeps;
  /** Reserves for several orders at once. */
  reserveTogether: ReturnType<typeof gathered<Request, Outcome>>;
}

export async function setUp({ db, log }: Pick<SetupContext, "db" | "log">): Promise<Deps> {
  const warn = (error: unknown) => log.warn("Promotions cannot be read again.", { reason: String(error) });
  return {
    book: await PromotionBook.open(db, warn),
    deals: setUpDeals(db),
    reserveTogether: gathered<Request, Outcome>(promotionLimits.RESERVED_TOGETHER),
  };
}

/** Some node has changed promotions or deals. */
export function readAgain({ book, deals }: Deps): void {
  book.changed();
  deals.changed();
}
