import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import type { SignalData, SignalName } from "#lib/contract/signals.ts";
import { readHistory } from "#services/product/pricing/history.store.ts";
import { databaseOf } from "#test/support/broker.ts";

/** The amounts that a price had, the oldest first. */
export async function historyOf(broker: ServiceBroker, sku: string, currency = "USD"): Promise<(number | null)[]> {
  const page = { limit: 1_000, offset: 0 };
  const history = await readHistory(databaseOf(broker, "pricing"), { sku, currency }, page, 30);
  return (history?.changes ?? []).map(({ amountMinor }) => amountMinor).reverse();
}

/** A service that notes the signals of one name. */
export function listenerTo<N extends SignalName>(name: N) {
  const sent: SignalData<N>[] = [];
  const events = { [name]: ({ params }: Context<SignalData<N>>) => void sent.push(params) };
  return { sent, service: { name: "listener", events } as ServiceSchema };
}
