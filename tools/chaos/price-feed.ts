import { connect } from "nats";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";

/** Publishes a price as a supplier's program does. The price stays the same, because orders are being placed at it. */
export async function publishPrice(cluster: Cluster, load: Load, random: Random): Promise<void> {
  const { sku, price: amount } = random.of(load.goods);
  try {
    const connection = await connect({ servers: cluster.nats.url, reconnect: false });
    const message = JSON.stringify({ sku, amount });
    await connection
      .jetstream()
      .publish(`${NAMESPACE}.prices.updates`, message)
      .finally(() => connection.close());
  } catch {
    // A publisher tries again later: the server restarts, or no node of pricing has made the stream yet.
  }
}
