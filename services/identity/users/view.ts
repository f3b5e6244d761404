import type { Staff } from "./users.store.ts";

export function staffView({ createdAt, ...staff }: Staff) {
  return { ...staff, createdAt: createdAt.toISOString() };
}
