import { DomainError, validationError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import { type ActionContext, type Handler, transactional } from "#mixins/service/context.ts";
import type { sellers } from "../contract.ts";
import { plainIban } from "../domain/iban.ts";
import { sellerLimits } from "../domain/limits.ts";
import { ibanRow, insertSeller, lockSeller, type SealedIban, type Seller, updateProfile } from "../sellers.store.ts";
import type { Deps } from "../setup.ts";
import { requireSeller } from "../steps/require-seller.ts";
import { usingVault } from "../steps/using-vault.ts";
import { sellerView } from "../view.ts";

type Actions = typeof sellers.actions;
type Context = ActionContext<Deps>;

export const applyToSell: Handler<Actions["apply"], Deps> = transactional(
  async (ctx, { customerId, iban, ...params }) => {
    const ownerId = ownerOf(ctx, customerId);
    ctx.requireOwner(ownerId);
    if (ctx.auth.kind !== "customer") await requireCustomer(ctx, ownerId);
    const sellerId = newId("seller");
    const { legalName = null, taxId = null, address = null, ...named } = params;
    const profile = { ...named, legalName, taxId, address };
    const isStored = await usingVault(ctx, async () => {
      const sealed = await seal(ctx, sellerId, iban);
      return ctx.transaction((tx) =>
        insertSeller(
          tx,
          { sellerId, ownerId, ...profile, ...(sealed ? { iban: sealed } : {}) },
          sellerLimits.SELLERS_OF_OWNER,
        ),
      );
    });
    if (!isStored)
      throw new DomainError("LIMIT_REACHED", `A customer can have at most ${sellerLimits.SELLERS_OF_OWNER} sellers.`);
    return { sellerId, status: "applied" as const };
  },
);

function ownerOf({ auth }: Context, customerId: string | undefined): string {
  if (customerId !== undefined) return customerId;
  if (auth.kind === "customer") return auth.customerId;
  throw validationError(undefined, [{ path: "/customerId", message: "must name the owner" }]);
}

async function requireCustomer({ call }: Context, customerId: string): Promise<void> {
  const { customerIds } = await call("customers.findExisting", { customerIds: [customerId] });
  if (customerIds.length === 0)
    throw validationError(undefined, [{ path: "/customerId", message: "is not a customer" }]);
}

/** @throws DomainError VALIDATION_FAILED for an IBAN with wrong check digits */
async function seal({ deps }: Context, sellerId: string, iban: string | undefined): Promise<SealedIban | undefined> {
  if (iban === undefined) return undefined;
  const plain = plainIban(iban);
  if (plain === undefined)
    throw validationError(undefined, [{ path: "/iban", message: "must be an IBAN with the right check digits" }]);
  return { sealed: await deps.vault.encrypt(plain, ibanRow(sellerId)), end: plain.slice(-4) };
}

export const updateSeller: Handler<Actions["update"], Deps> = transactional(
  async (ctx, { sellerId, iban, ...changes }) => {
    await requireSeller(ctx, sellerId);
    const changed = await usingVault(ctx, async () => {
      const sealed = await seal(ctx, sellerId, iban);
      return ctx.transaction(async (tx) => {
        const seller = await lockSeller(tx, sellerId);
        if (!seller) throw new DomainError("NOT_FOUND");
        requireChangeable(seller, changes);
        const profile = { ...seller, ...changes };
        updateProfile(tx, sellerId, profile, sealed);
        if (profile.name !== seller.name) tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
        return { ...profile, ...(sealed ? { ibanEnd: sealed.end } : {}) };
      });
    });
    return sellerView(changed);
  },
);

type Changes = Omit<ParamsOf<Actions["update"]>, "sellerId" | "iban">;

/** What a check has looked at stays as it was. */
const CHECKED = ["legalName", "taxId", "country"] as const;

/** @throws DomainError SELLER_STATE */
function requireChangeable(seller: Seller, changes: Changes): void {
  const { status } = seller;
  const isChecked = status === "approved" || status === "suspended";
  if (isChecked && CHECKED.some((field) => changes[field] !== undefined && changes[field] !== seller[field]))
    throw new DomainError("SELLER_STATE", `${CHECKED.join(", ")} were checked and cannot be changed.`);
  if (status === "submitted" || status === "in_review")
    throw new DomainError("SELLER_STATE", "The application is being checked.", { sellerStatus: status });
}
