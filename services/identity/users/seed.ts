import { demoAccounts } from "#config/demo.ts";
import type { Env } from "#config/env.ts";
import { isDomainError } from "#lib/contract/errors.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { isEmpty } from "./users.store.ts";

/**
 * The first administrator, when there is no staff yet. Unlike other demonstration data it is also for production: with
 * ADMIN_EMAIL and ADMIN_PASSWORD it is that account, otherwise, outside production, the demonstration one. Later starts
 * read neither.
 */
export async function seedDemo(ctx: ServiceContext): Promise<void> {
  if (!(await isEmpty(ctx.db))) return;
  const account = firstAccount(ctx.env);
  if (!account) {
    ctx.log.warn("There is no staff yet: set ADMIN_EMAIL and ADMIN_PASSWORD to have a first administrator.");
    return;
  }
  try {
    await ctx.call("users.create", { ...account, roles: ["admin"] });
  } catch (error) {
    if (!isDomainError(error, "EMAIL_TAKEN")) throw error; // another node that started at the same time was faster
  }
}

function firstAccount({ ADMIN_EMAIL: email, ADMIN_PASSWORD: password, ...env }: Env) {
  if (email && password) return { email, password, name: "Administrator" };
  return env.production || env.SEED_DEMO === "off" ? undefined : demoAccounts.staff;
}
