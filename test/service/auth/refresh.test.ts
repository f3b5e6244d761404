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

  test("are each good for one refresh, in a long row", async () => {
    const seen = new Set<string>();
    let { refreshToken } = await logIn();
    for (let n = 0; n < 5; n++) {
      seen.add(refreshToken);
      ({ refreshToken } = await refresh(refreshToken));
    }
    expect(seen.size).toBe(5);
    expect(seen.has(refreshToken)).toBe(false);
  });

  test("used again end their session, the newest token's too, and no other session", async () => {
    const [first, elsewhere] = [await logIn(), await logIn()];
    const second = await refresh(first.refreshToken);
    const third = await refresh(second.refreshToken);
    expect(await outcome(refresh(first.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    expect(await outcome(refresh(third.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    await refresh(elsewhere.refreshToken);
  });

  test("used twice at one moment let exactly one win, and end the session all the same", async () => {
    for (let round = 0; round < 10; round++) {
      const { refreshToken } = await logIn();
      const answers = await Promise.all(Array.from({ length: 5 }, () => outcome(refresh(refreshToken))));
      const [winner, ...more] = answers.filter((answer) => typeof answer === "object") as { refreshToken: string }[];
      expect(more).toEqual([]);
      expect(answers.filter((answer) => answer === "INVALID_REFRESH_TOKEN")).toHaveLength(4);
      expect(await outcome(refresh(winner?.refreshToken ?? ""))).toBe("INVALID_REFRESH_TOKEN");
    }
  });

  test("are nothing after logging out, which may be done twice and with an old token", async () => {
    const first = await logIn();
    const second = await refresh(first.refreshToken);
    expect(await shop.call("auth.logout", { refreshToken: first.refreshToken })).toEqual({});
    expect(await shop.call("auth.logout", { refreshToken: first.refreshToken })).toEqual({});
    expect(await outcome(refresh(second.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
  });

  test("expire when nobody uses them", async () => {
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
  ])("that never were ours are refused, and logging out with them is fine: %j", async (refreshToken) => {
    expect(await outcome(refresh(refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    expect(await shop.call("auth.logout", { refreshToken })).toEqual({});
  });

  test("of staff carry today's rights, and end with the account", async () => {
    const account = { email: "boss@example.com", password: PASSWORD };
    const { staffId } = await shop.asService("users.create", { ...account, name: "Boss", roles: ["finance"] });
    const first = await shop.call("auth.staffLogin", account);
    const scopesIn = (token: string) =>
      JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).scopes;
    expect(scopesIn(first.accessToken)).toContain("payments:*");
    await shop.asService("users.update", { staffId, roles: ["warehouse"] });
    const second = await refresh(first.refreshToken);
    expect(scopesIn(second.accessToken)).toContain("inventory:*");
    expect(scopesIn(second.accessToken)).not.toContain("payments:*");
    await shop.asService("users.update", { staffId, active: false });
    expect(await outcome(refresh(second.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    expect(await outcome(shop.call("auth.staffLogin", account))).toBe("INVALID_CREDENTIALS");
  });
});
