import type { Auth } from "#lib/contract/access.ts";

/** Identities with which tests call actions, as the gateway derives them from a token. */
export const GUEST: Auth = { kind: "anonymous" };
export const SERVICE: Auth = { kind: "service", service: "test" };
export const customer = (customerId: string): Auth => ({ kind: "customer", customerId });
export const staff = (...scopes: string[]): Auth => ({ kind: "staff", staffId: "staff_1", scopes });
