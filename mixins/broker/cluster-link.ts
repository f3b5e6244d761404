import { setTimeout as sleep } from "node:timers/promises";
import type { CallingOptions, Context, ServiceBroker } from "moleculer";
import { Events, type NatsConnection } from "nats";
import { limits } from "#config/limits.ts";

/** What this module needs of Moleculer's inside, and its types do not tell. */
interface Inside {
  transit?: { tx: { client: NatsConnection } };
  registry: {
    nodes: { toArray(): { id: string; local: boolean }[]; disconnected(nodeID: string, unexpected: boolean): void };
    discoverer: { sendLocalNodeInfo(): Promise<void>; discoverAllNodes(): Promise<void> };
    getActionEndpoints(action: string): { count(): number } | undefined;
  };
}

/**
 * Moleculer does not hear of a lost connection to NATS: it would keep the other nodes for as long as a heartbeat may be
 * late, and a call to one of them until its time-out. Here they count as gone at once, and so do the calls that are on
 * their way to them. When the connection is back the nodes find each other anew.
 */
export async function watchConnection(broker: ServiceBroker, changed: (cutOff: boolean) => void): Promise<void> {
  const { transit, registry } = broker as unknown as Inside;
  if (!transit) return;
  for await (const { type } of transit.tx.client.status()) {
    if (type === Events.Disconnect) {
      changed(true);
      for (const { id, local } of registry.nodes.toArray()) if (!local) registry.nodes.disconnected(id, true);
    }
    if (type === Events.Reconnect) {
      changed(false);
      await registry.discoverer.sendLocalNodeInfo();
      await registry.discoverer.discoverAllNodes();
    }
  }
}

const LOOK_AGAIN_MS = 20;

/** The context is what Moleculer takes the `meta` from that an action left for its caller. */
type Call = (action: string, params: unknown, options?: CallingOptions) => Promise<unknown> & { ctx?: Context };

/**
 * A call to a service whose last node has just left waits a moment for the next one. In a rolling restart it is there
 * already, but not everybody has heard of it; after a crash it may be back at once. A service that stays away is
 * refused without waiting.
 *
 * Not a middleware: Moleculer gives a call that a middleware begins later the context, and so the `meta`, of another.
 */
export function awaitNextNode(broker: ServiceBroker): void {
  const { registry } = broker as unknown as Inside;
  const call = broker.call.bind(broker) as Call;
  const leftAt = new Map<string, number>();

  /** Whether nobody offers it now. Once somebody does, the next absence is a new one. */
  function isGone(action: string): boolean {
    const gone = registry.getActionEndpoints(action)?.count() === 0;
    if (!gone) leftAt.delete(action);
    return gone;
  }

  async function back(action: string): Promise<void> {
    const left = leftAt.get(action) ?? performance.now();
    leftAt.set(action, left);
    while (isGone(action) && performance.now() < left + limits.ABSENT_SERVICE_MS) await sleep(LOOK_AGAIN_MS);
  }

  const late: Call = (action, params, options) => {
    if (!isGone(action)) return call(action, params, options);
    const answer: ReturnType<Call> = back(action).then(() => {
      const begun = call(action, params, options);
      if (begun.ctx) answer.ctx = begun.ctx;
      return begun;
    });
    return answer;
  };
  broker.call = late as ServiceBroker["call"];
}
