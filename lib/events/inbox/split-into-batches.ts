/**
 * Splits events into batches of one type each, as few as possible, so that a consumer can apply many events in one
 * statement. The order of each key is kept: an event goes into the first batch of its type that is not before the last
 * batch with an event of its key.
 */
export function splitIntoBatches<T extends { type: unknown; key: string }>(
  events: readonly T[],
): { type: T["type"]; events: T[] }[] {
  const batches: { type: T["type"]; events: T[] }[] = [];
  const lastBatchOf = new Map<string, number>();
  for (const event of events) {
    let index = lastBatchOf.get(event.key) ?? 0;
    while (index < batches.length && batches[index]?.type !== event.type) index += 1;
    const batch = batches[index];
    if (batch) batch.events.push(event);
    else batches.push({ type: event.type, events: [event] });
    lastBatchOf.set(event.key, index);
  }
  return batches;
}
