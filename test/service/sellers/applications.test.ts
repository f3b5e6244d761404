import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { configuredMainKeys } from "#lib/vault/configured-main-keys.ts";
import type { KycProvider } from "#services/product/sellers/providers/kyc-provider.ts";
import { accountOf, ibanRow } from "#services/product/sellers/sellers.store.ts";
import { customer, GUEST, staff } from "#test/support/identities.ts";
import { rotateEncrypted, sellersData } from "#tools/vault/rotate-encrypted.ts";
import { AUDITOR, CLERK, PDF, type Sellers, startSellers } from "./sellers-fixture.ts";

/** Answers as the test says, and counts how often it was asked. */
class Kyc implements KycProvider {
  asked = 0;
  answer: () => ReturnType<KycProvider["check"]> = async () => ({ kind: "passed" });

  check() {
    this.asked += 1;
    return this.answer();
  }
}

const kyc = new Kyc();
let sellers: Sellers;
beforeAll(async () => {
  sellers = await startSellers({ kyc });
}, 60_000);
afterAll(() => sellers?.stop());

const types = async (sellerId: string) => (await sellers.published(sellerId)).map(({ type }) => type);

describe("an application", () => {
  test("belongs to its owner and members; for everybody else it does not exist", async () => {
    const { sellerId, owner, ownerId } = await sellers.apply();
    const [mate, stranger] = [customer("cust_mate"), customer("cust_stranger")];
    const get = { sellerId };
    for (const auth of [stranger, mate])
      await expect(sellers.call(auth, "sellers.get", get)).rejects.toMatchObject({ type: "NOT_FOUND" });
    await expect(sellers.call(GUEST, "sellers.get", get)).rejects.toMatchObject({ type: "UNAUTHENTICATED" });
    await expect(sellers.call(staff("orders:read"), "sellers.get", get)).rejects.toMatchObject({ type: "FORBIDDEN" });
    const set = (auth: typeof owner, customerIds: string[]) =>
      sellers.call(auth, "sellers.setMembers", { sellerId, customerIds });
    expect(await set(owner, ["cust_mate", ownerId])).toEqual({ sellerId, ownerId, customerIds: ["cust_mate"] });
    await expect(set(owner, ["cust_ghost"])).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
    await expect(set(mate, [])).rejects.toMatchObject({ type: "FORBIDDEN" });
    const seen = await sellers.call(mate, "sellers.get", get);
    expect(seen).toMatchObject({ name: "Nordic Wood", status: "applied", ibanEnd: "6243" });
    expect(JSON.stringify(seen)).not.toContain("DK5000400440116243");
    expect((await sellers.call(mate, "sellers.list", {})).sellers.map((one) => one.sellerId)).toEqual([sellerId]);
    expect((await sellers.call(stranger, "sellers.list", {})).sellers).toEqual([]);
    await expect(
      sellers.call(stranger, "sellers.setOffer", {
        sellerId,
        sku: "MUG",
        price: 1,
        currency: "USD",
        stock: 1,
        handlingDays: 1,
      }),
    ).rejects.toMatchObject({ type: "NOT_FOUND" });
  });

  test("is refused with a wrong IBAN, and by staff without an owner", async () => {
    const profile = { name: "N", email: "n@example.com", country: "DK" };
    await expect(
      sellers.call(customer("cust_1"), "sellers.apply", { ...profile, iban: "DK5000400440116244" }),
    ).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
    await expect(sellers.call(CLERK, "sellers.apply", profile)).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
    await expect(sellers.call(CLERK, "sellers.apply", { ...profile, customerId: "cust_ghost" })).rejects.toMatchObject({
      type: "VALIDATION_FAILED",
    });
    await expect(
      sellers.call(customer("cust_1"), "sellers.apply", { ...profile, customerId: "cust_2" }),
    ).rejects.toMatchObject({ type: "NOT_FOUND" });
    expect(await sellers.call(CLERK, "sellers.apply", { ...profile, customerId: "cust_2" })).toMatchObject({
      status: "applied",
    });
  });

  test("needs its documents, is checked, and can be tried again after a rejection", async () => {
    const { sellerId, owner } = await sellers.apply();
    await expect(sellers.call(owner, "sellers.submit", { sellerId })).rejects.toMatchObject({
      ...{ type: "DOCUMENTS_MISSING", data: { missing: ["identity", "registration"] } },
    });
    await sellers.addDocument(owner, sellerId, "identity");
    await sellers.addDocument(owner, sellerId, "registration");
    kyc.answer = async () => ({ kind: "failed", reason: "Unknown company." });
    await sellers.call(owner, "sellers.submit", { sellerId });
    await sellers.statusIs(sellerId, "rejected");
    expect(await sellers.call(owner, "sellers.get", { sellerId })).toMatchObject({ reason: "Unknown company." });
    kyc.answer = async () => ({ kind: "doubted" });
    await sellers.call(owner, "sellers.submit", { sellerId });
    await sellers.statusIs(sellerId, "in_review");
    await expect(sellers.call(owner, "sellers.update", { sellerId, name: "Other" })).rejects.toMatchObject({
      type: "SELLER_STATE",
    });
    await sellers.call(CLERK, "sellers.approve", { sellerId });
    await sellers.call(CLERK, "sellers.approve", { sellerId }); // again: nothing changes
    await expect(sellers.call(CLERK, "sellers.reject", { sellerId, reason: "late" })).rejects.toMatchObject({
      type: "SELLER_STATE",
    });
    await expect(sellers.call(owner, "sellers.update", { sellerId, country: "SE" })).rejects.toMatchObject({
      type: "SELLER_STATE",
    });
    expect(await sellers.call(owner, "sellers.update", { sellerId, name: "Oak" })).toMatchObject({ name: "Oak" });
    expect(await types(sellerId)).toEqual(["SellerRejected", "SellerApproved"]);
  });

  test("is asked about again while the provider is away; its late answer never changes what people decided", async () => {
    let answer = () => {};
    kyc.asked = 0;
    kyc.answer = async () => {
      if (kyc.asked === 1) throw new Error("away");
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return { kind: "failed", reason: "late" };
    };
    const { sellerId } = await sellers.submit();
    while (kyc.asked < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await sellers.call(CLERK, "sellers.approve", { sellerId });
    answer();
    while ((await sellers.db.query("SELECT FROM kyc_work WHERE payload->>'sellerId' = $1", [sellerId])).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await sellers.statusIs(sellerId, "approved");
    expect(await types(sellerId)).toEqual(["SellerApproved"]);
  }, 20_000);
});

describe("a document", () => {
  test("is stored encrypted, read by those who may, and each reading is recorded", async () => {
    const { sellerId, owner } = await sellers.apply();
    const added = await sellers.addDocument(owner, sellerId, "identity");
    const documentId = added.documentId;
    expect(added).toMatchObject({ type: "identity", mediaType: "application/pdf", bytes: PDF.length });
    const stored = await sellers.db.query<{ content: string }>(
      "SELECT content FROM document_part WHERE document_id = $1",
      [documentId],
    );
    expect(stored[0]?.content).toMatch(/^[0-9a-f-]{36}\./);
    expect(stored[0]?.content).not.toContain(PDF.toString("base64").slice(0, 12));
    const read = { sellerId, documentId };
    for (const auth of [CLERK, owner])
      await expect(sellers.call(auth, "sellers.readDocument", read)).rejects.toMatchObject({ type: "FORBIDDEN" });
    const bytes = await sellers.call(AUDITOR, "sellers.readDocument", read);
    expect(Buffer.from(bytes.base64, "base64").equals(PDF)).toBe(true);
    const { readings } = await sellers.call(AUDITOR, "sellers.documentReadings", read);
    expect(readings.map(({ by }) => by)).toEqual(["staff:staff_1"]);
  });

  test("arrives in parts, and another seller's part cannot take its place", async () => {
    const { sellerId, owner } = await sellers.apply();
    const part = (number: number, text: string, isLast: boolean) => ({
      ...{ number, base64: Buffer.from(text).toString("base64"), isLast, type: "application/pdf" },
    });
    const of = { sellerId, type: "identity" as const };
    const before = await sellers.call(owner, "sellers.addDocument", { ...of, part: part(1, "%PDF-1", false) });
    if (!("received" in before)) throw new Error("The first part is not the last.");
    expect((await sellers.call(owner, "sellers.documents", { sellerId })).documents).toEqual([]);
    await sellers.call(owner, "sellers.addDocument", { ...of, part: part(2, " end", true), before });
    const read = { sellerId, documentId: before.documentId };
    const first = await sellers.call(AUDITOR, "sellers.readDocument", read);
    expect(first).toMatchObject({ type: "application/pdf", next: "2" });
    await sellers.call(AUDITOR, "sellers.readDocument", { ...read, next: "2" });
    expect((await sellers.call(AUDITOR, "sellers.documentReadings", read)).readings).toHaveLength(1);
    await sellers.db.query(
      "UPDATE document_part SET content = (SELECT content FROM document_part WHERE document_id = $1 AND number = 2) WHERE document_id = $1 AND number = 1",
      [before.documentId],
    );
    await expect(sellers.call(AUDITOR, "sellers.readDocument", read)).rejects.toMatchObject({
      type: "SELLER_DATA_UNAVAILABLE",
    });
  });

  test("and the account are readable after a change of their key, under which nothing is left", async () => {
    const { sellerId, owner } = await sellers.apply();
    const { documentId } = await sellers.addDocument(owner, sellerId, "identity");
    const mainKeys = await configuredMainKeys(sellers.ctx.env);
    if (!mainKeys) throw new Error("There are no main keys.");
    await sellers.db.query("DELETE FROM document_part WHERE document_id <> $1", [documentId]);
    const before = await sellers.db.query<{ keyId: string }>(`SELECT key_id AS "keyId" FROM data_key`);
    const rotated = await rotateEncrypted(sellersData, sellers.db, mainKeys, () => {});
    expect(rotated).toMatchObject({ left: 0, unreadable: [], removedKeys: before.length });
    const bytes = await sellers.call(AUDITOR, "sellers.readDocument", { sellerId, documentId });
    expect(Buffer.from(bytes.base64, "base64").equals(PDF)).toBe(true);
    const account = await accountOf(sellers.db, sellerId);
    expect(await sellers.ctx.deps.vault.decrypt(account?.iban ?? "", ibanRow(sellerId))).toBe("DK5000400440116243");
  });

  test("is refused when it is of another kind", async () => {
    const { sellerId, owner } = await sellers.apply();
    await expect(sellers.addDocument(owner, sellerId, "identity", Buffer.from("<svg/>"))).rejects.toMatchObject({
      type: "UNSUPPORTED_MEDIA_TYPE",
    });
  });

  test("is deleted long after a rejection", async () => {
    const { deleteOldDocuments } = await import("#services/product/sellers/documents.store.ts");
    kyc.answer = async () => ({ kind: "failed", reason: "no" });
    const { sellerId, owner } = await sellers.submit();
    await sellers.statusIs(sellerId, "rejected");
    await deleteOldDocuments(sellers.db);
    expect((await sellers.call(owner, "sellers.documents", { sellerId })).documents).toHaveLength(2);
    await sellers.db.query("UPDATE seller SET status_at = status_at - interval '181 days' WHERE seller_id = $1", [
      sellerId,
    ]);
    await deleteOldDocuments(sellers.db);
    expect((await sellers.call(owner, "sellers.documents", { sellerId })).documents).toEqual([]);
  });
});
