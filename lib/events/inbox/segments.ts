/**
 * Cuts a batch of events into segments of one type each (whatever is applied by the same function is one type), as few as it can, so that a consumer may apply many events in
 * one statement. Events of one key keep their order: each goes into the first segment of its type that is not before
 * the last segment holding its key.
 */
export function segments<T extends { type: unknown; key: string }>(
  events: readonly T[],
): { type: T["type"]; events: T[] }[] {
  const cut: { type: T["type"]; events: T[] }[] = [];
  const earliest = new Map<string, number>();
  for (const event of events) {
    let index = earliest.get(event.key) ?? 0;
    while (index < cut.length && cut[index]?.type !== event.type) index += 1;
    const segment = cut[index];
    if (segment) segment.events.push(event);
    else cut.push({ type: event.type, events: [event] });
    earliest.set(event.key, index);
  }
  return cut;
}
