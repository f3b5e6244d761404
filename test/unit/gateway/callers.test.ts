import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { limits } from "#config/limits.ts";
import type { Call } from "#lib/contract/types.ts";
import { gatewayLimits } from "#services/platform/gateway/domain/limits.ts";
import { Callers, type TokenSubject } from "#services/platform/gateway/identity/callers.ts";

const { STATE_MAX_AGE_MS, STATE_REREAD_MS, STATE_PAUSE_MS } = gatewayLimits;
const START_MS = Math.round(performance.now()); // whole, so that sums and differences are exact

const ANN: TokenSubject = { kind: "customer", subjectId: "cust_ann", sid: "sid_ann" };
const SAM: TokenSubject = { kind: "staff", subjectId: "staff_sam", sid: "sid_sam" };
const ANN_CALLS = { kind: "customer", customerId: "cust_ann" };
const REFUSED = { type: "UNAUTHENTICATED" };
const UNAVAILABLE = { type: "SERVICE_UNAVAILABLE" };

/** Whose the active sessions are. */
let active: Map<string, string>;
let scopes: Map<string, string[]>;
let asked: { name: string; keys: string[] }[];
let answering: Promise<unknown>;
let warnings: string[];
let callers: Callers;

beforeEach(() => {
  active = new Map([
    ["sid_ann", "cust_ann"],
    ["sid_sam", "staff_sam"],
  ]);
  scopes = new Map([["staff_sam", ["orders:*"]]]);
  const questions: typeof asked = []; // of this test: reads in the background may outlast it
  asked = questions;
  answering = Promise.resolve();
  setElapsed(0);
  const call = async (name: string, params: { sids?: string[]; staffIds?: string[] }) => {
    const keys = params.sids ?? params.staffIds ?? [];
    questions.push({ name, keys });
    const answer = params.sids
      ? { sessions: keys.flatMap((sid) => (active.has(sid) ? [{ sid, subjectId: active.get(sid) }] : [])) }
      : { staff: keys.flatMap((staffId) => (scopes.has(staffId) ? [{ staffId, scopes: scopes.get(staffId) }] : [])) };
    await answering; // after the read, as if the answer were on its way
    return answer;
  };
  const logged: string[] = [];
  warnings = logged;
  callers = new Callers(call as unknown as Call, { warn: (message) => logged.push(message) });
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Sets the monotonic clock to this time after the start of the test. */
function setElapsed(ms: number): void {
  jest.spyOn(performance, "now").mockReturnValue(START_MS + ms);
}

const outage = (): void => {
  answering = Promise.reject(new Error("auth is down"));
  answering.catch(() => undefined);
};
/** A caller who is refused at once, or later. */
const refusing = async (subject: TokenSubject) => callers.callerOf(subject);
const scopesOfSam = async () => ((await callers.callerOf(SAM)) as { scopes?: string[] }).scopes;
const settle = async () => {
  for (let n = 0; n < 5; n++) await new Promise(setImmediate);
};

describe("a caller", () => {
  test("with an active session is the customer, or the member of staff with the present scopes", async () => {
    expect(await callers.callerOf(ANN)).toEqual(ANN_CALLS);
    expect(await callers.callerOf(SAM)).toEqual({ kind: "staff", staffId: "staff_sam", scopes: ["orders:*"] });
  });

  test("whose session has ended is refused, of staff also one whose account is closed", async () => {
    active.delete("sid_ann");
    await expect(refusing(ANN)).rejects.toMatchObject(REFUSED);
    scopes.delete("staff_sam");
    await expect(refusing(SAM)).rejects.toMatchObject(REFUSED);
    callers.rightsChanged("staff_sam");
    scopes.set("staff_sam", []);
    expect(await scopesOfSam()).toEqual([]);
    active.delete("sid_sam");
    callers.sessionsEnded(["sid_sam"]);
    await expect(refusing(SAM)).rejects.toMatchObject(REFUSED);
  });

  test("who is not the one that the session belongs to is refused", async () => {
    await callers.callerOf(ANN);
    await expect(refusing({ ...ANN, subjectId: "cust_bob" })).rejects.toMatchObject(REFUSED);
    await expect(refusing({ ...SAM, sid: "sid_ann" })).rejects.toMatchObject(REFUSED);
    expect(await callers.callerOf(ANN)).toEqual(ANN_CALLS);
  });

  test("is asked about once, however many requests come at one moment and before the state is old", async () => {
    await Promise.all(Array.from({ length: 50 }, () => callers.callerOf(ANN)));
    setElapsed(STATE_REREAD_MS - 1);
    await callers.callerOf(ANN);
    expect(asked).toEqual([{ name: "auth.activeSessions", keys: ["sid_ann"] }]);
  });

  test("is looked up together with the others of the same moment, in calls of a bounded size, one at a time", async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => ({ ...ANN, sid: `sid_${n}` }));
    let running = 0;
    let most = 0;
    const call = async (_name: string, { sids }: { sids: string[] }) => {
      most = Math.max(most, ++running);
      asked.push({ name: "", keys: sids });
      await new Promise(setImmediate);
      running -= 1;
      return { sessions: sids.map((sid) => ({ sid, subjectId: "cust_ann" })) };
    };
    jest.replaceProperty(gatewayLimits as Record<string, number>, "STATE_READ_MS", 60_000); // however busy this machine is
    const crowd = new Callers(call as unknown as Call, { warn: () => {} });
    await Promise.all(many.map((subject) => crowd.callerOf(subject)));
    expect(asked.map(({ keys }) => keys.length)).toEqual(Array(20).fill(limits.STATES_PER_CALL));
    expect(most).toBe(1);
  });
});

describe("after a signal", () => {
  test("an ended session is refused at once, without another question", async () => {
    await callers.callerOf(ANN);
    callers.sessionsEnded(["sid_ann"]);
    await expect(refusing(ANN)).rejects.toMatchObject(REFUSED);
    expect(asked).toHaveLength(1);
  });

  test("scopes that were taken or given hold at once", async () => {
    expect(await scopesOfSam()).toEqual(["orders:*"]);
    scopes.set("staff_sam", ["payments:*"]);
    expect(await scopesOfSam()).toEqual(["orders:*"]);
    callers.rightsChanged("staff_sam");
    expect(await scopesOfSam()).toEqual(["payments:*"]);
  });

  test("what was read before it is not used for later requests, although it arrives after it", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answering = promise;
    const early = [callers.callerOf(ANN), callers.callerOf(SAM)];
    await settle(); // both states are read, the answers are on their way
    active.delete("sid_ann");
    callers.sessionsEnded(["sid_ann"]);
    scopes.set("staff_sam", []);
    callers.rightsChanged("staff_sam");
    const late = [refusing(ANN), scopesOfSam()] as const;
    late[0].catch(() => undefined);
    resolve();
    await Promise.all(early);
    await expect(late[0]).rejects.toMatchObject(REFUSED);
    expect(await late[1]).toEqual([]);
    await settle();
    await expect(refusing(ANN)).rejects.toMatchObject(REFUSED);
    expect(await scopesOfSam()).toEqual([]);
  });

  test("that was lost, the change holds once the state is too old", async () => {
    await callers.callerOf(ANN);
    await callers.callerOf(SAM);
    active.delete("sid_ann");
    scopes.set("staff_sam", []);
    setElapsed(STATE_MAX_AGE_MS);
    await expect(refusing(ANN)).rejects.toMatchObject(REFUSED);
    expect(await scopesOfSam()).toEqual([]);
  });
});

test("a state in use is read again before it is too old, while requests use the old one", async () => {
  await callers.callerOf(SAM);
  scopes.set("staff_sam", ["payments:*"]);
  setElapsed(STATE_REREAD_MS);
  expect(await Promise.all([scopesOfSam(), scopesOfSam()])).toEqual([["orders:*"], ["orders:*"]]);
  await settle();
  expect(await scopesOfSam()).toEqual(["payments:*"]);
  expect(asked).toHaveLength(4);
});

test("the age of a state counts from the moment in which its read began", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  answering = promise;
  const slow = callers.callerOf(ANN);
  await settle();
  active.delete("sid_ann");
  setElapsed(STATE_MAX_AGE_MS - 1);
  resolve();
  await slow;
  setElapsed(STATE_MAX_AGE_MS);
  await expect(refusing(ANN)).rejects.toMatchObject(REFUSED);
});

describe("while the states cannot be read", () => {
  test("customers are accepted, unless their session is known to have ended", async () => {
    await callers.callerOf(ANN);
    callers.sessionsEnded(["sid_gone"]);
    await expect(refusing({ ...ANN, sid: "sid_old" })).rejects.toMatchObject(REFUSED);
    outage();
    setElapsed(10 * STATE_MAX_AGE_MS);
    expect(await callers.callerOf(ANN)).toEqual(ANN_CALLS);
    expect(await callers.callerOf({ ...ANN, sid: "sid_unknown" })).toEqual(ANN_CALLS);
    for (const sid of ["sid_gone", "sid_old"]) await expect(refusing({ ...ANN, sid })).rejects.toMatchObject(REFUSED);
  });

  test("staff are accepted until what is known is too old, and then it is an outage for them", async () => {
    await callers.callerOf(SAM);
    outage();
    setElapsed(STATE_MAX_AGE_MS - 1);
    expect(await scopesOfSam()).toEqual(["orders:*"]);
    setElapsed(STATE_MAX_AGE_MS);
    await expect(refusing(SAM)).rejects.toMatchObject(UNAVAILABLE);
  });

  test("requests do not ask again for a while, and the outage is logged once in that time", async () => {
    outage();
    for (let n = 0; n < 20; n++) await callers.callerOf({ ...ANN, sid: `sid_${n}` });
    expect(asked).toEqual([{ name: "auth.activeSessions", keys: ["sid_0"] }]);
    expect(warnings).toHaveLength(1);
    answering = Promise.resolve();
    setElapsed(STATE_PAUSE_MS);
    await expect(refusing({ ...ANN, sid: "sid_gone" })).rejects.toMatchObject(REFUSED);
  });

  test("because the other node hangs, a request waits for a bounded time, and a late answer is still used", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answering = promise;
    jest.restoreAllMocks();
    const began = performance.now();
    expect(await callers.callerOf(ANN)).toEqual(ANN_CALLS);
    expect(performance.now() - began).toBeGreaterThanOrEqual(gatewayLimits.STATE_READ_MS - 5);
    await callers.callerOf({ ...ANN, sid: "sid_other" });
    expect(performance.now() - began).toBeLessThan(2 * gatewayLimits.STATE_READ_MS);
    resolve();
    await settle();
    expect(await callers.callerOf(ANN)).toEqual(ANN_CALLS);
    expect(asked).toHaveLength(1);
  });
});
