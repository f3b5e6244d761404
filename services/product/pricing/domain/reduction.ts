/** One change of a price. A null amount: it was removed. */
export interface PriceChange {
  amountMinor: number | null;
  validFrom: Date;
}

/**
 * Since when a price is reduced: the time of its last change, if that has lowered it.
 *
 * Directive 98/6/EC, Article 6a (added by Directive (EU) 2019/2161): "(1) Any announcement of a price reduction shall
 * indicate the prior price applied by the trader for a determined period of time prior to the application of the price
 * reduction. (2) The prior price means the lowest price applied by the trader during a period of time not shorter than
 * 30 days prior to the application of the price reduction." A price that is lowered step by step counts as reduced since the
 * last step; the exception of paragraph 5 for that case is the choice of each member state, and is not made here.
 * @param changes the last two, the latest first
 */
export function reducedAt([last, before]: readonly PriceChange[]): Date | undefined {
  if (!last || !before || last.amountMinor === null || before.amountMinor === null) return undefined;
  return last.amountMinor < before.amountMinor ? last.validFrom : undefined;
}
