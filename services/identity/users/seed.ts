import { demoAccounts } from "#config/demo.ts";
import type { Env } from "#config/env.ts";
import { isDomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { registerStaff } from "./actions/create-staff.ts";
import { isEmpty } from "./users.store.ts";

/**
 * The first administrator, when there is no staff yet. Unlike other demonstration data it is also for production: with
 * ADMIN_EMAIL and ADMIN_PASSWORD it is that account, otherwise, outside production, the demonstration one. Later starts
 * read neither.
 */
export async function seedDemo(ctx: ServiceContext & Transactions): Promise<void> {
  if (!(await isEmpty(ctx.db))) return;
  const account = firstAccount(ctx.env);
  if (!account) {
    ctx.log.warn("There is no staff yet: set ADMIN_EMAIL and ADMIN_PASSWORD to have a first administrator.");
    return;
  }
  try {
    const { staffId, ...params } = account;
    await registerStaff(ctx, staffId, { ...params, roles: ["admin"] });
  } catch (error) {
    if (!isDomainError(error, "EMAIL_TAKEN")) throw error; // another node that started at the same time was faster
  }
}

function firstAccount({ ADMIN_EMAIL: email, ADMIN_PASSWORD: password, ...env }: Env) {
  if (email && password) return { staffId: newId("staff"), email, password, name: "Administrator" };
  return env.production || env.SEED_DEMO === "off" ? undefined : demoAccounts.staff;
}
