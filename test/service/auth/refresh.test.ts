import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { authLimits } from "#services/identity/auth/domain/limits.ts";
import { Identity, outcome, PASSWORD, SOMEBODY } from "./identity-fixture.ts";

const { REFRESH_GRACE_SECONDS } = authLimits;

describe("refresh tokens", () => {
  let shop: Identity;
  const refresh = (refreshToken: string) => shop.call("auth.refresh", { refreshToken });
  const logIn = () => shop.logIn(SOMEBODY.email, PASSWORD);
  beforeAll(async () => {
    shop = await new Identity().start();
    await shop.call("customers.create", SOMEBODY);
  });
  afterAll(() => shop.stop());

  test("can each be used for one refresh, many times in a row", async () => {
    const seen = new Set<string>();
    let { refreshToken } = await logIn();
    for (let n = 0; n < 5; n++) {
      seen.add(refreshToken);
      ({ refreshToken } = await refresh(refreshToken));
    }
    expect(seen.size).toBe(5);
    expect(seen.has(refreshToken)).toBe(false);
  });

  test("that are used again end their session with its newest token, and no other session", async () => {
    const [first, elsewhere] = [await logIn(), await logIn()];
    const second = await refresh(first.refreshToken);
    const third = await refresh(second.refreshToken);
    expect(await outcome(refresh(first.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    expect(await outcome(refresh(third.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    await refresh(elsewhere.refreshToken);
  });

  test("that are used several times at one moment all give the same next token, and the session goes on", async () => {
    for (let round = 0; round < 20; round++) {
      const { refreshToken } = await logIn();
      const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(refreshToken)));
      const next = new Set(answers.map((answer) => answer.refreshToken));
      expect(next.size).toBe(1);
      expect(next.has(refreshToken)).toBe(false);
      await refresh([...next][0] ?? "");
    }
  });

  test("that were exchanged just now give the same next token again; after the grace they end the session", async () => {
    const first = await logIn();
    const second = await refresh(first.refreshToken);
    await pass(first.refreshToken, REFRESH_GRACE_SECONDS - 2);
    expect((await refresh(first.refreshToken)).refreshToken).toBe(second.refreshToken);
    await pass(first.refreshToken, 3); // the repetition has not prolonged the grace
    expect(await outcome(refresh(first.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    expect(await outcome(refresh(second.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
  });

  test("cannot be made from what the table holds and the current token, nor from an old token alone", async () => {
    const first = await logIn();
    const second = await refresh(first.refreshToken);
    const dump = JSON.stringify(await shop.db("auth").query("SELECT * FROM session"));
    for (const { refreshToken } of [first, second]) expect(dump).not.toContain(refreshToken.split(".")[1]);
    const again = await logIn();
    const [sessionId] = again.refreshToken.split(".");
    await shop.db("auth").query(
      `UPDATE session SET token_hash = old.token_hash
       FROM (SELECT previous_hash AS token_hash FROM session WHERE session_id = $1) AS old WHERE session_id = $2`,
      [first.refreshToken.split(".")[0], sessionId],
    );
    const other = await refresh(`${sessionId}.${first.refreshToken.split(".")[1]}`);
    expect(other.refreshToken.split(".")[1]).not.toBe(second.refreshToken.split(".")[1]);
  });

  /** Every session has had this much time since its last refresh. */
  const pass = (refreshToken: string, seconds: number) =>
    shop
      .db("auth")
      .query("UPDATE session SET refreshed_at = refreshed_at - make_interval(secs => $2) WHERE session_id = $1", [
        refreshToken.split(".")[0],
        seconds,
      ]);

  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ by: fc.constantFrom("tab 1", "tab 2", "thief") }) },
    { weight: 1, arbitrary: fc.record({ seconds: fc.constantFrom(2, REFRESH_GRACE_SECONDS + 1) }) },
  );

  test("of two tabs and a thief, in every order: whoever sends a token that is older than the grace ends the session for all", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const first = (await logIn()).refreshToken;
        const made = [first]; // all tokens of the session, the current one last
        const held: Record<string, string> = { "tab 1": first, "tab 2": first, thief: first };
        let sinceRefresh = 0;
        let ended = false;
        for (const next of steps) {
          if ("seconds" in next) {
            sinceRefresh += next.seconds;
            await pass(first, next.seconds);
            continue;
          }
          const token = held[next.by] ?? "";
          const age = made.length - 1 - made.indexOf(token);
          const answer = await outcome(refresh(token));
          if (ended || age > 1 || (age === 1 && sinceRefresh >= REFRESH_GRACE_SECONDS)) {
            ended = true;
            expect(answer).toBe("INVALID_REFRESH_TOKEN");
            continue;
          }
          const { refreshToken } = answer as { refreshToken: string };
          if (age === 1) expect(refreshToken).toBe(made.at(-1));
          else {
            expect(made).not.toContain(refreshToken);
            made.push(refreshToken);
            sinceRefresh = 0;
          }
          held[next.by] = refreshToken;
        }
        // Nobody has a token that works beside the current one.
        const current = made.at(-1) ?? "";
        expect(await outcome(refresh(current))).toEqual(
          ended ? "INVALID_REFRESH_TOKEN" : expect.objectContaining({ refreshToken: expect.any(String) }),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("are not valid after a logout, which may be repeated and may use an old token", async () => {
    const first = await logIn();
    const second = await refresh(first.refreshToken);
    expect(await shop.call("auth.logout", { refreshToken: first.refreshToken })).toEqual({});
    expect(await shop.call("auth.logout", { refreshToken: first.refreshToken })).toEqual({});
    expect(await outcome(refresh(second.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
  });

  test("expire when they are not used", async () => {
    const { refreshToken } = await logIn();
    await shop
      .db("auth")
      .query("UPDATE session SET expires_at = now() - interval '1 second' WHERE session_id = $1", [
        refreshToken.split(".")[0],
      ]);
    expect(await outcome(refresh(refreshToken))).toBe("INVALID_REFRESH_TOKEN");
  });

  test.each([
    "x",
    "sess_00000000000000000000000000.",
    `sess_${"0".repeat(26)}.${"a".repeat(43)}`,
    "a".repeat(256),
    "\u0000",
  ])("that do not exist are refused, and a logout with them is no error: %j", async (refreshToken) => {
    expect(await outcome(refresh(refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    expect(await shop.call("auth.logout", { refreshToken })).toEqual({});
  });

  test("of staff are not valid after the account is closed", async () => {
    const account = { email: "boss@example.com", password: PASSWORD };
    const { staffId } = await shop.asService("users.create", { ...account, name: "Boss", roles: ["finance"] });
    const first = await shop.call("auth.staffLogin", account);
    const second = await refresh(first.refreshToken);
    await shop.asService("users.update", { staffId, active: false });
    expect(await outcome(refresh(second.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    expect(await outcome(shop.call("auth.staffLogin", account))).toBe("INVALID_CREDENTIALS");
  });
});
