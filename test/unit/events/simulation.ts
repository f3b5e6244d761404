import type { EventEnvelope } from "#lib/events/envelope.ts";

/** A random number generator (mulberry32): numbers from 0 to below 1, the same sequence for the same seed. */
export function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function eventOf(key: string, sequence: number): EventEnvelope {
  return {
    eventId: `${key}#${sequence}`,
    eventType: "Happened",
    timestamp: "2026-01-31T12:00:00.000Z",
    version: "1.0",
    data: { key },
    topic: "simulation.events",
    key,
    sequence,
    correlationId: "test",
    causationId: "test",
    traceparent: null,
    producer: "test",
  };
}

/** Events of these keys, each numbered within its key. */
export function eventsOf(keys: readonly string[]): EventEnvelope[] {
  const last = new Map<string, number>();
  return keys.map((key) => {
    const sequence = (last.get(key) ?? 0) + 1;
    last.set(key, sequence);
    return eventOf(key, sequence);
  });
}

export function byKey(events: readonly EventEnvelope[]): Map<string, number[]> {
  const sequences = new Map<string, number[]>();
  for (const { key, sequence } of events) sequences.set(key, [...(sequences.get(key) ?? []), sequence]);
  return sequences;
}

/** Waits for some turns of the event loop, or for none. */
export async function someTurns(chance: () => number): Promise<void> {
  const turns = Math.floor(chance() * 4);
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
