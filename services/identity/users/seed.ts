import { demoAccounts } from "#config/demo.ts";
import type { Env } from "#config/env.ts";
import { isDomainError } from "#lib/contract/errors.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { staffExist } from "./users.store.ts";

/**
 * The first administrator, where there is no staff yet: the one of ADMIN_EMAIL and ADMIN_PASSWORD if both are set,
 * which is how a production shop gets its first, else the demonstration one. Later starts read neither.
 */
export async function seedFirstAdmin(ctx: ServiceContext): Promise<void> {
  if (await staffExist(ctx.db)) return;
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
