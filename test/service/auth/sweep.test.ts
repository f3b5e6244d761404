import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { authLimits } from "#services/identity/auth/domain/limits.ts";
import { sweep } from "#services/identity/auth/jobs/sweep.ts";
import { Identity, outcome, PASSWORD, SOMEBODY } from "./identity-fixture.ts";

describe("the sweep", () => {
  let shop: Identity;
  beforeAll(async () => {
    shop = await new Identity().start();
  });
  afterAll(() => shop.stop());

  const addPending = async (subjectId: string, minutes: number, kind: "customer" | "staff" = "customer") => {
    await shop.asService("auth.addCredential", {
      kind,
      subjectId,
      email: `${subjectId}@example.com`,
      password: PASSWORD,
    });
    await shop
      .db("auth")
      .query(
        "UPDATE credential SET state = 'pending', created_at = now() - make_interval(mins => $2) WHERE subject_id = $1",
        [subjectId, minutes],
      );
  };
  const run = () => sweep({ db: shop.db("auth"), call: (name, params) => shop.asService(name, params) });
  const states = async () => {
    const rows = await shop
      .db("auth")
      .query<{ subject_id: string; state: string }>("SELECT subject_id, state FROM credential");
    return Object.fromEntries(rows.map(({ subject_id, state }) => [subject_id, state]));
  };

  test("deletes overdue credentials without a subject, activates those with one, and leaves new ones pending", async () => {
    const { customerId } = await shop.call("customers.create", SOMEBODY);
    const { staffId } = await shop.asService("users.create", {
      email: "boss@example.com",
      password: PASSWORD,
      name: "Boss",
      roles: [],
    });
    await shop.db("auth").query("UPDATE credential SET state = 'pending', created_at = now() - interval '2 hours'");
    await addPending("cust_abandoned", authLimits.PENDING_CREDENTIAL_MINUTES + 1);
    await addPending("staff_abandoned", authLimits.PENDING_CREDENTIAL_MINUTES + 1, "staff");
    await addPending("cust_fresh", authLimits.PENDING_CREDENTIAL_MINUTES - 1);
    await run();
    expect(await states()).toEqual({ [customerId]: "active", [staffId]: "active", cust_fresh: "pending" });
    await shop.logIn(SOMEBODY.email, PASSWORD);
  });

  test("deletes nothing during an outage of the services that know the subjects", async () => {
    await addPending("cust_unclear", authLimits.PENDING_CREDENTIAL_MINUTES + 1);
    const down = () => Promise.reject(new Error("down"));
    await outcome(sweep({ db: shop.db("auth"), call: down as never }));
    expect(await states()).toHaveProperty("cust_unclear", "pending");
  });

  test("deletes expired sessions", async () => {
    const [kept, old] = [await shop.logIn(SOMEBODY.email, PASSWORD), await shop.logIn(SOMEBODY.email, PASSWORD)];
    await shop
      .db("auth")
      .query("UPDATE session SET expires_at = now() - interval '1 minute' WHERE session_id = $1", [
        old.refreshToken.split(".")[0],
      ]);
    await run();
    const left = await shop.db("auth").query<{ session_id: string }>("SELECT session_id FROM session");
    const ids = left.map(({ session_id }) => session_id);
    expect(ids).toContain(kept.refreshToken.split(".")[0]);
    expect(ids).not.toContain(old.refreshToken.split(".")[0]);
  });
});
