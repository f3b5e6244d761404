import { setTimeout as sleep } from "node:timers/promises";
import type { CallingOptions, Context, ServiceBroker } from "moleculer";
import { Events, type NatsConnection } from "nats";
import { limits } from "#config/limits.ts";

/** Internals of Moleculer that its types do not declare. */
interface BrokerInternals {
  localBus: { on(event: "$circuit-breaker.opened", listener: (circuit: OpenedCircuit) => void): void };
  transit?: { tx: { client: NatsConnection } };
  registry: {
    nodes: { toArray(): { id: string; local: boolean }[]; disconnected(nodeID: string, unexpected: boolean): void };
    discoverer: { sendLocalNodeInfo(): Promise<void>; discoverAllNodes(): Promise<void> };
    getActionEndpoints(action: string): { count(): number } | undefined;
  };
}

/**
 * Moleculer does not notice a lost connection to NATS: it would keep the other nodes until their heartbeats are overdue,
 * and calls to them until their time-outs. Here the other nodes count as disconnected at once, which also fails the calls
 * that wait for their answers. After the reconnect the nodes discover each other again.
 */
export async function watchConnection(broker: ServiceBroker, changed: (disconnected: boolean) => void): Promise<void> {
  const { transit, registry } = broker as unknown as BrokerInternals;
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

/** What Moleculer says of a circuit that it has opened. */
interface OpenedCircuit {
  action: string;
  nodeID: string;
  failures: number;
  count: number;
}

/** Logs when calls to a node are refused for a while because too many have timed out. Moleculer does so at level debug only. */
export function logOpenedCircuits(broker: ServiceBroker): void {
  const { localBus } = broker as unknown as BrokerInternals;
  localBus.on("$circuit-breaker.opened", ({ action, nodeID, failures, count }: OpenedCircuit) => {
    const facts = { action, node: nodeID, timedOut: failures, of: count };
    broker.getLogger("circuit").warn("Calls are refused for now, because too many have timed out.", facts);
  });
}

const POLL_MS = 20;

/** Moleculer reads from `ctx` the `meta` that an action has left for its caller. */
type Call = (action: string, params: unknown, options?: CallingOptions) => Promise<unknown> & { ctx?: Context };

/**
 * A call to a service without a node waits up to `ABSENT_SERVICE_MS` for one: in a rolling restart the next node may have
 * started although this node has not discovered it yet, and after a crash the node may be back soon. Once this time is
 * over, calls to the service fail at once.
 *
 * This is not a middleware, because a call that a middleware delays gets the context, and so the `meta`, of another call.
 */
export function awaitNextNode(broker: ServiceBroker): void {
  const { registry } = broker as unknown as BrokerInternals;
  const call = broker.call.bind(broker) as Call;
  const absentSince = new Map<string, number>();

  /** Whether no node offers the action now. When a node does, the time of the next absence begins at zero. */
  function isAbsent(action: string): boolean {
    const absent = registry.getActionEndpoints(action)?.count() === 0;
    if (!absent) absentSince.delete(action);
    return absent;
  }

  async function waitForNode(action: string): Promise<void> {
    const since = absentSince.get(action) ?? performance.now();
    absentSince.set(action, since);
    while (isAbsent(action) && performance.now() < since + limits.ABSENT_SERVICE_MS) await sleep(POLL_MS);
  }

  const callWhenPresent: Call = (action, params, options) => {
    if (!isAbsent(action)) return call(action, params, options);
    const answer: ReturnType<Call> = waitForNode(action).then(() => {
      const begun = call(action, params, options);
      if (begun.ctx) answer.ctx = begun.ctx;
      return begun;
    });
    return answer;
  };
  broker.call = callWhenPresent as ServiceBroker["call"];
}
