import { createHmac } from "node:crypto";
import { Type } from "typebox";
import { Compile } from "typebox/schema";
import { DomainError } from "#lib/contract/errors.ts";
import { equalSignatures, readObject, refuseSignature } from "./notification-checks.ts";
import type { Notifications } from "./provider.ts";

const KEY = "test"; // everybody may know it, because nothing in a notification is believed
const checked = Compile(
  Type.Object({
    id: Type.String({ minLength: 1, maxLength: 255 }),
    kind: Type.Union([Type.Literal("charge"), Type.Literal("dispute"), Type.Literal("setup")]),
    reference: Type.String({ minLength: 1, maxLength: 255 }),
  }),
);

/** The signature of a notification of the test provider: HMAC-SHA256 of its body, in hex. */
export function testSignature(body: string): string {
  return createHmac("sha256", KEY).update(body).digest("hex");
}

/** Notifications in the name of the test provider: `{id, kind: "charge"|"dispute"|"setup", reference}`. */
export const testNotifications: Notifications = {
  read({ body, headers }) {
    if (!equalSignatures(testSignature(body), headers["test-signature"] ?? "")) refuseSignature();
    const event = readObject(body);
    if (!checked.Check(event)) throw new DomainError("VALIDATION_FAILED", "The notification has not the right fields.");
    const { id, kind, reference } = event;
    return { eventId: id, type: kind, about: { kind, reference } };
  },
};
