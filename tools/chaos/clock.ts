/**
 * A wrong clock, loaded before anything else (`node --import`): `Date` is CLOCK_OFFSET_MS ahead (behind, where that is
 * negative), and jumps by CLOCK_JUMP_MS at each SIGUSR2. Timers and `performance.now()` are not changed.
 */
const RealDate = Date;
let offsetMs = milliseconds("CLOCK_OFFSET_MS");
const jumpMs = milliseconds("CLOCK_JUMP_MS");

function milliseconds(name: string): number {
  const value = Number(process.env[name] ?? 0);
  if (!Number.isSafeInteger(value)) throw new Error(`${name} is no whole number of milliseconds.`);
  return value;
}

const now = () => RealDate.now() + offsetMs;

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  get: (target, property) => (property === "now" ? now : Reflect.get(target, property)),
});

process.on("SIGUSR2", () => {
  offsetMs += jumpMs;
});
