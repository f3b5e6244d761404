/** Failures in one window after which it is of no use. */
const FAILURES = 50;

/** What was done in one stretch of time. */
export interface Window {
  /** Orders, reads, rows or commits. */
  done: number;
  /** From the first start to the last end: what is under way when the time is up is finished and counted. */
  seconds: number;
  /** Of each operation, in milliseconds. */
  durationsMs: number[];
  /** CPU the measuring process itself used, in seconds. */
  cpuSeconds: number;
}

/**
 * Lets `clients` work side by side for `seconds`, each starting its next operation when its last has ended.
 * `once` does one operation for a client and says how many units that was.
 * @throws the last failure when there are too many; a few are left out of the count
 */
export async function runWindow(
  clients: number,
  seconds: number,
  once: (client: number) => Promise<number>,
): Promise<Window> {
  const window: Window = { done: 0, seconds: 0, durationsMs: [], cpuSeconds: 0 };
  const cpu = process.cpuUsage();
  const started = performance.now();
  const end = started + seconds * 1_000;
  let failures = 0;
  const client = async (index: number): Promise<void> => {
    for (let now = performance.now(); now < end; ) {
      try {
        const units = await once(index);
        window.done += units;
        window.durationsMs.push(performance.now() - now);
      } catch (error) {
        failures += 1;
        if (failures > FAILURES) throw error;
      }
      now = performance.now();
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  window.seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  window.cpuSeconds = (user + system) / 1_000_000;
  return window;
}
