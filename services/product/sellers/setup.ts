import { exitWith, StartupError } from "#lib/startup-error.ts";
import type { Vault } from "#lib/vault/vault.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { openVault } from "#mixins/service/open-vault.ts";
import { payoutMinimums } from "./domain/payout.ts";
import { type KycProvider, peopleDecide, testKyc } from "./providers/kyc-provider.ts";
import { type PayoutProvider, testPayouts } from "./providers/payout-provider.ts";

/** What the handlers share. */
export interface Deps {
  /** Encrypts documents and bank accounts. */
  vault: Vault;
  kyc: KycProvider;
  /** Undefined: nothing is paid out, and balances grow. */
  payouts: PayoutProvider | undefined;
  /** The least payout of a currency, in minor units. */
  minimumMinor(currency: string): number;
}

/** What tests replace. */
export interface SellersOptions {
  kyc?: KycProvider;
  payouts?: (ctx: SetupContext) => PayoutProvider;
}

export function setUp({ kyc, payouts }: SellersOptions): (ctx: SetupContext) => Promise<Deps> {
  return async (ctx) => {
    const { env, db, log } = ctx;
    if (env.production) log.info("People decide about sellers, and nothing is paid out: no provider is built in.");
    return {
      vault: await openVault(ctx, "Documents and bank accounts of sellers"),
      kyc: kyc ?? (env.production ? peopleDecide : testKyc),
      payouts: payouts?.(ctx) ?? (env.production ? undefined : testPayouts(db)),
      minimumMinor: minimums(env.SELLER_PAYOUT_MINIMUM),
    };
  };
}

function minimums(setting: string | undefined) {
  try {
    return payoutMinimums(setting);
  } catch (error) {
    if (error instanceof StartupError) exitWith(error);
    throw error;
  }
}
