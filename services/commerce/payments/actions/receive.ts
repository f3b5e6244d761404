import { DomainError } from "#lib/contract/errors.ts";
import { type ActionContext, type Handler, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { recordNotification } from "../notifications.store.ts";
import type { ReceivedNotification } from "../providers/provider.ts";
import { notificationQueue } from "../queues/notifications.ts";
import type { PaymentsDeps } from "../setup.ts";

type Actions = typeof payments.actions;

const RECEIVED = { received: true };

export const receive: Handler<Actions["receive"], PaymentsDeps> = transactional((ctx, { provider, ...received }) =>
  store(ctx, provider, received),
);

export const receiveVnpay: Handler<Actions["receiveVnpay"], PaymentsDeps> = (ctx, received) =>
  store(ctx, "vnpay", received);

/** Checks a notification, stores its event once, and answers; the queue processes it. */
async function store(
  ctx: ActionContext<PaymentsDeps>,
  name: string,
  received: ReceivedNotification,
): Promise<Record<string, unknown>> {
  const notifications = ctx.deps.providers.find(name)?.notifications;
  if (!notifications) throw new DomainError("NOT_FOUND");
  const { eventId, type, about } = await notifications.read(received, ctx.now());
  if (about.kind !== "nothing") {
    await ctx.db.transaction(
      ctx.cause,
      async (tx) => {
        if (!(await recordNotification(tx, { provider: name, eventId, type }))) return;
        const workId = `${name}:${eventId}`;
        notificationQueue.enqueue(ctx, tx, [{ workId, payload: { provider: name, type, ...about } }]);
      },
      "payments.receive", // the same step, whichever action has received it
    );
  }
  return notifications.reply ?? RECEIVED;
}
