import type { Queryable } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "./context.ts";

/**
 * A service's `ready` that fills an empty database with demonstration data: never in production, nor with SEED_DEMO=off.
 * Several nodes may run it at the same moment, so `seed` must be safe to run twice.
 */
export function demoSeed<Deps>(
  isEmpty: (db: Queryable) => Promise<boolean>,
  seed: (ctx: ServiceContext<Deps> & Transactions) => Promise<void>,
): (ctx: ServiceContext<Deps> & Transactions) => Promise<void> {
  return async (ctx) => {
    if (ctx.env.production || ctx.env.SEED_DEMO === "off") return;
    if (await isEmpty(ctx.db)) await seed(ctx);
  };
}
