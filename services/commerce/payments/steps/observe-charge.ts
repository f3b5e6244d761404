import { newId } from "#lib/contract/ids.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { forgetDifferences, recordDifference } from "../differences.store.ts";
import type { Charge } from "../domain/charge.ts";
import { compare } from "../domain/compare.ts";
import { decide } from "../domain/decide.ts";
import { paymentLimits } from "../domain/limits.ts";
import { lockPayments, readPaymentOf, type StoredPayment } from "../payments.store.ts";
import type { PaymentProvider } from "../providers/provider.ts";
import type { PaymentsDeps } from "../setup.ts";
import { Changes } from "./changes.ts";

type Context = Pick<ServiceContext<PaymentsDeps>, "db" | "deps" | "cause" | "log">;

/**
 * Brings a payment to what its provider says: the one way for notifications and for the comparison with the provider's
 * list. Where the customer has acted, it begins the same `confirm` operation that a client's request begins.
 *
 * What the provider said counts only if the payment has not changed since before it was asked; otherwise it is asked again.
 * @throws Error when the payment is busy or keeps changing, so that the caller tries again later
 */
export async function observeCharge(
  ctx: Context,
  provider: PaymentProvider,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  let before: StoredPayment | undefined;
  for (let tries = 0; tries < paymentLimits.OBSERVE_TRIES; tries++) {
    const charge = await provider.charge(reference, signal);
    if (!charge) return; // it belongs to another shop of the same account, or was never made
    before ??= await readPaymentOf(ctx.db, charge);
    if (!before) return reportUnknownCharge(ctx, provider, charge);
    if (compare(before.payment, charge, "").kind === "agrees")
      return forgetDifferences(ctx.db, provider.name, [reference]);
    // The payment may have changed while the provider was asked. From the second reading on, it is known from before.
    const asked = tries > 0 ? await apply(ctx, provider, charge, before) : "again";
    if (asked === "done") return;
    before = await readPaymentOf(ctx.db, charge);
  }
  throw new Error(`${reference} of ${provider.name} changes while it is looked at.`);
}

/** Applies what the provider said of a payment that has not changed since `before`. */
async function apply(
  ctx: Context,
  provider: PaymentProvider,
  charge: Charge,
  before: StoredPayment,
): Promise<"done" | "again"> {
  return ctx.db.transaction(
    ctx.cause,
    async (tx) => {
      const [stored] = await lockPayments(tx, [before.paymentId]);
      if (!stored || stored.updatedAt !== before.updatedAt) return "again";
      const comparison = compare(stored.payment, charge, newId("refund"));
      if (comparison.kind === "busy") throw new Error(`${stored.paymentId} waits for an answer of its provider.`);
      if (comparison.kind === "agrees") return "done";
      if (comparison.kind === "differs") {
        await recordDifference(tx, provider.name, { ...charge, ...stored, wrong: comparison.wrong });
        return "done";
      }
      const decision = decide(stored.payment, comparison.input);
      if (decision.kind !== "next") return "done";
      ctx.log.info("A payment follows its provider.", { payment: stored.paymentId, input: comparison.input.kind });
      const changes = new Changes(ctx.deps.operations);
      changes.decide(stored, decision, { cause: ctx.cause });
      await changes.write(tx);
      return "done";
    },
    "payments.notified",
  );
}

/** A charge with our ids, or with money, that no payment knows of. */
async function reportUnknownCharge({ db, log }: Context, provider: PaymentProvider, charge: Charge): Promise<void> {
  const { reference, paymentId, orderId, capturedMinor, refundedMinor, heldMinor } = charge;
  const isOurs = paymentId !== null || orderId !== null;
  if (!isOurs) return;
  if (heldMinor === 0 && capturedMinor === refundedMinor) return forgetDifferences(db, provider.name, [reference]);
  log.warn("The provider has a charge that no payment knows of.", { provider: provider.name, reference });
  await recordDifference(db, provider.name, {
    reference,
    paymentId,
    orderId,
    wrong: "no payment knows of this charge",
  });
}
