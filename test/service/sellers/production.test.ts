import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { customer } from "#test/support/identities.ts";
import { id, type Sellers, startSellers } from "./sellers-fixture.ts";

let sellers: Sellers | undefined;
afterEach(() => sellers?.stop());

test("in production people decide about sellers, and nothing is paid out as long as there are no providers", async () => {
  const VAULT_KEYS = `test:${randomBytes(32).toString("base64")}`;
  sellers = await startSellers({ settings: { NODE_ENV: "production", VAULT_KEYS, SELLER_HOLD_DAYS: "0" } });
  const { sellerId, owner } = await sellers.submit();
  await sellers.statusIs(sellerId, "in_review");
  const orderId = id("ord");
  await sellers.ordered(orderId, 50, [{ sku: "MUG", sellerId, price: 50 }]);
  await sellers.paid(orderId);
  const balance = () => sellers?.call(owner, "sellers.balance", { sellerId });
  await eventually(async () => expect(await balance()).toMatchObject({ available: 50 }));
  await sellers.letHoldsEnd();
  await sellers.payOut();
  expect(await balance()).toMatchObject({ available: 50 });
});

test("in production without a main key sellers apply, but send no IBAN and no documents", async () => {
  sellers = await startSellers({ settings: { NODE_ENV: "production" } });
  const owner = customer(id("cust"));
  const profile = { name: "Nordic Wood", email: "hello@nordic-wood.example", country: "DK" };
  const unavailable = { type: "SELLER_DATA_UNAVAILABLE", code: 503 };
  await expect(sellers.call(owner, "sellers.apply", { ...profile, iban: "DK5000400440116243" })).rejects.toMatchObject(
    unavailable,
  );
  const { sellerId } = await sellers.call(owner, "sellers.apply", profile);
  await expect(sellers.addDocument(owner, sellerId, "identity")).rejects.toMatchObject(unavailable);
});
