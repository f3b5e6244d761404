import { withCountry } from "#lib/contract/address.ts";
import { maxMinor, toMajor } from "#lib/contract/money.ts";
import type { CallResult } from "#lib/contract/types.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import { fraudLimits } from "#services/commerce/fraud/contract.ts";
import { type Line, orderTotalMinor } from "../domain/lines.ts";
import type { Tax } from "../domain/terms.ts";
import type { Address } from "../orders.store.ts";

/** What is known of the risk of a purchase. Without an assessment the decision is that of FRAUD_UNAVAILABLE. */
export interface Risk {
  decision: CallResult<"fraud.assess">["decision"];
  assessment: Pick<CallResult<"fraud.assess">, "score" | "reasons"> | null;
}

interface Assessed {
  orderId: string;
  customerId: string;
  lines: readonly Line[];
  taxes: readonly Tax[];
  currency: string;
  shippingAddress: Address;
  billingAddress?: Address | null | undefined;
  paymentMethodId: string;
  email?: string | null;
}

/**
 * Asks fraud how risky a purchase is. Whatever fails there, the shop sells on: an assessment that fails or takes too long is
 * done without.
 */
export async function assessRisk(
  ctx: Pick<ActionContext, "call" | "log" | "env" | "auth" | "address">,
  { lines, taxes, email, shippingAddress, billingAddress, ...purchase }: Assessed,
): Promise<Risk> {
  const { orderId, customerId, currency, paymentMethodId } = purchase;
  const total = orderTotalMinor(lines, taxes, maxMinor(currency));
  const whole = (address: Address) => withCountry(address, ctx.env.SHOP_COUNTRY);
  if (total === null) return { decision: "accept", assessment: null }; // it is refused for its total
  try {
    const { decision, score, reasons } = await ctx.call(
      "fraud.assess",
      {
        ...{ orderId, customerId, currency, paymentMethodId, totalAmount: toMajor(total, currency) },
        items: lines.map(({ sku, quantity }) => ({ sku, quantity })),
        shippingAddress: whole(shippingAddress),
        ...(!billingAddress ? {} : { billingAddress: whole(billingAddress) }),
        ...(!email ? {} : { email }),
        // Whoever orders for a customer does so from an address of the shop.
        ...(ctx.auth.kind === "customer" || ctx.auth.kind === "anonymous" ? { address: ctx.address } : {}),
      },
      { timeoutMs: fraudLimits.ASSESS_TIMEOUT_MS },
    );
    return { decision, assessment: { score, reasons } };
  } catch (error) {
    ctx.log.warn("A purchase is placed without an assessment of its risk.", { reason: String(error) });
    return { decision: ctx.env.FRAUD_UNAVAILABLE, assessment: null };
  }
}
