import type { Customer, StoredAddress } from "./customers.store.ts";

/** A customer as lists show it. */
export function profileView({ customerId, email, firstName, lastName, phone, createdAt }: Customer) {
  return { customerId, email, firstName, lastName, phone, createdAt: createdAt.toISOString() };
}

/** A customer with all addresses. */
export function customerView(customer: Customer, addresses: StoredAddress[]) {
  return { ...profileView(customer), addresses };
}
