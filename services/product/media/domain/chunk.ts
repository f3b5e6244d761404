/** The bytes from a place on, at most so many. `next` is the place behind them, when there are more. */
export function chunkOf(bytes: Buffer, from: number, atMost: number): { base64: string; next?: string } {
  const end = from + atMost;
  const base64 = bytes.toString("base64", from, Math.min(end, bytes.length));
  return { base64, ...(end < bytes.length ? { next: String(end) } : {}) };
}
