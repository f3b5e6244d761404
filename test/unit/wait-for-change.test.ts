import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ChangeNotifier } from "#lib/wait-for-change.ts";

const MAX_WAITERS = 3;
const POLL_MS = 30;
const LONG_MS = 5_000;
const turn = () => new Promise(setImmediate);

describe("waiting for a change", () => {
  let notifier: ChangeNotifier;
  /** What `look` finds, by key. */
  let found: Map<string, string>;
  let looks: string[];

  const waitFor = (key: string, timeoutMs = LONG_MS) =>
    notifier.waitUntil(key, timeoutMs, async () => {
      looks.push(key);
      return found.get(key);
    });

  beforeEach(() => {
    notifier = new ChangeNotifier({ maxWaiters: MAX_WAITERS, pollMs: LONG_MS });
    found = new Map();
    looks = [];
  });
  afterEach(() => notifier.close());

  test("answers at once with what is there already", async () => {
    found.set("a", "paid");
    expect(await waitFor("a")).toBe("paid");
  });

  test("looks again after a notification of its key, and not after one of another key", async () => {
    const waiting = waitFor("a");
    await turn();
    notifier.notify("b");
    await turn();
    expect(looks).toEqual(["a"]);
    found.set("a", "paid");
    notifier.notify("a");
    expect(await waiting).toBe("paid");
    expect(looks).toEqual(["a", "a"]);
  });

  test("wakes every caller that waits for the same key", async () => {
    const waiting = [waitFor("a"), waitFor("a")];
    await turn();
    found.set("a", "paid");
    notifier.notify("a");
    expect(await Promise.all(waiting)).toEqual(["paid", "paid"]);
  });

  test("does not miss a change that is notified while it looks", async () => {
    const { promise: slow, resolve } = Promise.withResolvers<void>();
    const waiting = notifier.waitUntil("a", LONG_MS, async () => {
      const seen = found.get("a");
      await slow;
      return seen;
    });
    found.set("a", "paid");
    notifier.notify("a");
    resolve();
    expect(await waiting).toBe("paid");
  });

  test("polls, because a notification may be lost", async () => {
    notifier = new ChangeNotifier({ maxWaiters: MAX_WAITERS, pollMs: POLL_MS });
    const waiting = waitFor("a");
    await turn();
    found.set("a", "paid");
    expect(await waiting).toBe("paid");
  });

  test("answers undefined when the time is up, even while a look-up hangs", async () => {
    expect(await waitFor("a", 20)).toBeUndefined();
    expect(await notifier.waitUntil("a", 20, () => new Promise(() => undefined))).toBeUndefined();
    notifier.notify("a");
    expect(looks).toEqual(["a"]);
  });

  test("throws what the look-up throws, and no longer counts the caller", async () => {
    for (let n = 0; n <= MAX_WAITERS; n++) {
      const failing = notifier.waitUntil("a", LONG_MS, () => Promise.reject(new Error("The database is down.")));
      await expect(failing).rejects.toThrow("The database is down.");
    }
  });

  test("keeps at most as many callers as allowed, and accepts new ones when others have left", async () => {
    const subscriptions = Array.from({ length: MAX_WAITERS }, (_, n) => notifier.subscribe(`key-${n}`, LONG_MS));
    expect(notifier.subscribe("key-0", LONG_MS)).toBeUndefined();
    expect(await waitFor("key-0")).toBeUndefined();
    subscriptions[0]?.end();
    subscriptions[0]?.end(); // ending it again frees no second place
    expect(notifier.subscribe("key-1", LONG_MS)).toBeDefined();
    expect(notifier.subscribe("key-1", LONG_MS)).toBeUndefined();
  });

  test("a subscription reports each change until it is ended", async () => {
    const subscription = notifier.subscribe("a", LONG_MS);
    notifier.notify("a");
    notifier.notify("a"); // two changes before a read need one read
    expect(await subscription?.next()).toBe(true);
    const next = subscription?.next();
    subscription?.end();
    expect(await next).toBe(false);
    expect(await subscription?.next()).toBe(false);
    expect(await subscription?.ended).toBeUndefined();
  });

  test("closing ends all waits and refuses new ones", async () => {
    const waiting = waitFor("a");
    notifier.close();
    expect(await waiting).toBeUndefined();
    expect(notifier.subscribe("a", LONG_MS)).toBeUndefined();
  });
});
