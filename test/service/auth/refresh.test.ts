import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Identity, outcome, PASSWORD, SOMEBODY } from "./identity-fixture.ts";

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

  test("that are used several times at one moment let exactly one refresh succeed, and end the session", async () => {
    for (let round = 0; round < 10; round++) {
      const { refreshToken } = await logIn();
      const answers = await Promise.all(Array.from({ length: 5 }, () => outcome(refresh(refreshToken))));
      const [winner, ...more] = answers.filter((answer) => typeof answer === "object") as { refreshToken: string }[];
      expect(more).toEqual([]);
      expect(answers.filter((answer) => answer === "INVALID_REFRESH_TOKEN")).toHaveLength(4);
      expect(await outcome(refresh(winner?.refreshToken ?? ""))).toBe("INVALID_REFRESH_TOKEN");
    }
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
