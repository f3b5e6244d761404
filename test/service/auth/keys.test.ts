import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import { freshNamespace } from "#test/support/databases.ts";
import { Identity, PASSWORD, SOMEBODY, services } from "./identity-fixture.ts";

const newPem = () =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

async function withNode<T>(settings: Record<string, string>, work: (node: Identity) => Promise<T>): Promise<T> {
  const node = await new Identity(settings, [services.auth, services.customers]).start();
  try {
    return await work(node);
  } finally {
    await node.stop();
  }
}

const kidsOf = async (node: Identity) => (await node.call("auth.jwks", {})).keys.map(({ kid }) => kid);

describe("signing keys", () => {
  test("that are generated are the same for all nodes, also when they start together, and after a restart", async () => {
    const NAMESPACE = freshNamespace();
    const kids = (node: Identity) => kidsOf(node);
    const together = await Promise.all([1, 2, 3].map(() => withNode({ NAMESPACE }, kids)));
    const later = await withNode({ NAMESPACE }, kids);
    expect(later).toHaveLength(1);
    for (const one of together) expect(one).toEqual(later);
  });

  test("that are replaced stay published, so that their tokens stay valid", async () => {
    const NAMESPACE = freshNamespace();
    const [oldKey, newKey] = [newPem(), newPem().replaceAll("\n", "\\n")];
    const token = await withNode({ NAMESPACE, JWT_PRIVATE_KEY: oldKey }, async (node) => {
      await node.call("customers.create", SOMEBODY);
      return (await node.logIn(SOMEBODY.email, PASSWORD)).accessToken;
    });
    await withNode({ NAMESPACE, JWT_PRIVATE_KEY: newKey }, async (node) => {
      const keys = await node.call("auth.jwks", {});
      expect(keys.keys).toHaveLength(2);
      await jwtVerify(token, createLocalJWKSet(keys));
      const fresh = (await node.logIn(SOMEBODY.email, PASSWORD)).accessToken;
      await jwtVerify(fresh, createLocalJWKSet({ keys: keys.keys.slice(0, 1) }));
      await node
        .db("auth")
        .query("UPDATE signing_key SET retired_at = now() - interval '25 hours' WHERE retired_at IS NOT NULL");
      expect(await kidsOf(node)).toHaveLength(1);
    });
  });

  test("that are configured are not stored, and delete the private part of a generated one", async () => {
    const NAMESPACE = freshNamespace();
    await withNode({ NAMESPACE }, kidsOf);
    await withNode({ NAMESPACE, JWT_PRIVATE_KEY: newPem() }, async (node) => {
      expect(await node.db("auth").query("SELECT 1 FROM signing_key WHERE private_jwk IS NOT NULL")).toEqual([]);
      expect(JSON.stringify(await node.call("auth.jwks", {}))).not.toMatch(/"(d|p|q|dp|dq|qi)":/);
    });
  });
});
