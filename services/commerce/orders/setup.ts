import type { SetupContext } from "#mixins/service/context.ts";
import { isSettled } from "./domain/order.ts";
import { findReceipts } from "./orders.store.ts";
import { SettlementWatch } from "./settlement-watch.ts";

/** What the handlers share. */
export interface Deps {
  watch: SettlementWatch;
}

export function setUp({ db, env }: SetupContext): Deps {
  const settledAmong = async (orderIds: readonly string[]) =>
    (await findReceipts(db, orderIds)).filter((order) => isSettled(order, env.CAPTURE_ON));
  return { watch: new SettlementWatch(settledAmong) };
}
