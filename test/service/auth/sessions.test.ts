import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Context, ServiceSchema } from "moleculer";
import { databaseTime, deleteSessionsOfStaff } from "#services/identity/auth/auth.store.ts";
import { eventually } from "#test/support/eventually.ts";
import { Identity, outcome, PASSWORD, SOMEBODY, services } from "./identity-fixture.ts";

/** The signals that gateways listen to, in the order in which they came. */
const heard: { name: string; payload: unknown }[] = [];
const listener: ServiceSchema = {
  name: "listener",
  events: Object.fromEntries(
    ["auth.sessionsEnded", "users.rightsChanged"].map((name) => [
      name,
      ({ params }: Context) => void heard.push({ name, payload: params }),
    ]),
  ),
};

const claimsOf = (token: string): Record<string, string> =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
const sidOf = ({ accessToken }: { accessToken: string }): string => claimsOf(accessToken).sid ?? "";

describe("a session", () => {
  let shop: Identity;
  const refresh = (refreshToken: string) => shop.call("auth.refresh", { refreshToken });
  const logIn = () => shop.logIn(SOMEBODY.email, PASSWORD);
  const isActive = async (sid: string) =>
    (await shop.asService("auth.activeSessions", { sids: [sid] })).sessions.length === 1;
  const ended = (sid: string) => ({ name: "auth.sessionsEnded", payload: { sids: [sid] } });

  let count = 0;
  async function newStaff() {
    const account = { email: `staff-${count++}@example.com`, password: PASSWORD };
    const { staffId } = await shop.asService("users.create", { ...account, name: "Sam", roles: ["finance"] });
    return { account, staffId, logIn: () => shop.call("auth.staffLogin", account) };
  }

  beforeAll(async () => {
    shop = await new Identity({}, [...Object.values(services), listener]).start();
    await shop.call("customers.create", SOMEBODY);
  });
  afterAll(() => shop.stop());

  test("keeps its sid when its tokens are refreshed, and other sessions have others", async () => {
    const [first, other] = [await logIn(), await logIn()];
    expect(sidOf(await refresh(first.refreshToken))).toBe(sidOf(first));
    expect(sidOf(other)).not.toBe(sidOf(first));
    const { sessions } = await shop.asService("auth.activeSessions", { sids: [sidOf(first), "x", sidOf(other)] });
    const subjectId = claimsOf(first.accessToken).sub;
    expect(new Set(sessions)).toEqual(new Set([first, other].map((tokens) => ({ sid: sidOf(tokens), subjectId }))));
    expect(await isActive("x")).toBe(false);
  });

  test("can neither be refreshed nor ended by somebody who has only seen its access token", async () => {
    const tokens = await logIn();
    const sid = sidOf(tokens);
    expect(JSON.stringify(claimsOf(tokens.accessToken))).not.toContain(tokens.refreshToken.split(".")[0]);
    for (const name of [sid, `sess_${sid.replaceAll("-", "").slice(0, 26)}`])
      for (const guess of [name, `${name}.${"a".repeat(43)}`]) {
        expect(await outcome(refresh(guess))).toBe("INVALID_REFRESH_TOKEN");
        await shop.call("auth.logout", { refreshToken: guess });
      }
    expect(await isActive(sid)).toBe(true);
    await refresh(tokens.refreshToken);
  });

  test("ends with a logout, and gateways are told once", async () => {
    const tokens = await logIn();
    expect(await isActive(sidOf(tokens))).toBe(true);
    for (let n = 0; n < 2; n++) await shop.call("auth.logout", { refreshToken: tokens.refreshToken });
    expect(await isActive(sidOf(tokens))).toBe(false);
    expect(heard.filter(({ payload }) => JSON.stringify(payload).includes(sidOf(tokens)))).toEqual([
      ended(sidOf(tokens)),
    ]);
  });

  test("ends with the reuse of a refresh token, and gateways are told", async () => {
    const first = await logIn();
    const second = await refresh(first.refreshToken);
    await refresh(second.refreshToken);
    expect(await outcome(refresh(first.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    expect(await isActive(sidOf(first))).toBe(false);
    expect(heard).toContainEqual(ended(sidOf(first)));
  });

  test("is not active after it has expired", async () => {
    const tokens = await logIn();
    await shop
      .db("auth")
      .query("UPDATE session SET expires_at = now() - interval '1 second' WHERE sid = $1", [sidOf(tokens)]);
    expect(await isActive(sidOf(tokens))).toBe(false);
  });

  test("of staff ends when the account is closed, and stays ended when it is opened again", async () => {
    const [sam, kim] = [await newStaff(), await newStaff()];
    const [here, there, others] = [await sam.logIn(), await sam.logIn(), await kim.logIn()];
    await shop.asService("users.update", { staffId: sam.staffId, active: false });
    expect(heard).toContainEqual({ name: "users.rightsChanged", payload: { staffId: sam.staffId } });
    expect(await shop.asService("users.rightsOf", { staffIds: [sam.staffId] })).toEqual({ staff: [] });
    await eventually(async () => expect(await isActive(sidOf(here))).toBe(false));
    await eventually(() => expect(JSON.stringify(heard)).toContain(sidOf(there)));
    await shop.asService("users.update", { staffId: sam.staffId, active: true });
    expect(await isActive(sidOf(there))).toBe(false);
    expect(await outcome(refresh(there.refreshToken))).toBe("INVALID_REFRESH_TOKEN");
    expect(await isActive(sidOf(others))).toBe(true);
  });

  test("that began after the account was closed is kept, for the case that the event is late or applied again", async () => {
    const { staffId, logIn: logInStaff } = await newStaff();
    const before = await logInStaff();
    const closedAt = (await databaseTime(shop.db("auth"))).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5)); // timestamps of events have milliseconds
    const after = await logInStaff();
    expect(await deleteSessionsOfStaff(shop.db("auth"), staffId, closedAt)).toEqual([sidOf(before)]);
    expect(await isActive(sidOf(after))).toBe(true);
  });

  test("does not end when staff get or lose roles, and gateways are told of those", async () => {
    const sam = await newStaff();
    const tokens = await sam.logIn();
    heard.length = 0;
    await shop.asService("users.update", { staffId: sam.staffId, name: "Samantha" });
    expect(heard).toEqual([]);
    await shop.asService("users.update", { staffId: sam.staffId, roles: ["warehouse"] });
    expect(heard).toEqual([{ name: "users.rightsChanged", payload: { staffId: sam.staffId } }]);
    expect(await isActive(sidOf(tokens))).toBe(true);
  });
});
