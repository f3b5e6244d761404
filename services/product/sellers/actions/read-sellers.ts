import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { sellers } from "../contract.ts";
import {
  findSeller,
  isMember,
  lockSeller,
  membersOf,
  pageOfSellers,
  saveMembers,
  sellersOf,
} from "../sellers.store.ts";
import type { Deps } from "../setup.ts";
import { requireSeller } from "../steps/require-seller.ts";
import { sellerView } from "../view.ts";

type Actions = typeof sellers.actions;

export const listSellers: Handler<Actions["list"], Deps> = async (ctx, { status, ...params }) => {
  const { page, limit, offset } = paging(params);
  if (ctx.auth.kind !== "customer") {
    ctx.requireOwner("");
    const { rows, total } = await pageOfSellers(ctx.db, status, { limit, offset });
    return { sellers: rows.map(sellerView), pagination: { page, limit, total } };
  }
  ctx.requireOwner(ctx.auth.customerId);
  const own = await sellersOf(ctx.db, ctx.auth.customerId);
  const asked = own.filter((seller) => status === undefined || seller.status === status);
  return {
    sellers: asked.slice(offset, offset + limit).map(sellerView),
    pagination: { page, limit, total: asked.length },
  };
};

export const actsForSeller: Handler<Actions["actsFor"], Deps> = async ({ db }, { sellerId, customerId }) => {
  const seller = await findSeller(db, sellerId);
  return { acts: seller?.ownerId === customerId || (await isMember(db, sellerId, customerId)) };
};

export const getSeller: Handler<Actions["get"], Deps> = async (ctx, { sellerId }) =>
  sellerView(await requireSeller(ctx, sellerId));

export const getMembers: Handler<Actions["members"], Deps> = async (ctx, { sellerId }) => {
  const { ownerId } = await requireSeller(ctx, sellerId);
  return { sellerId, ownerId, customerIds: await membersOf(ctx.db, sellerId) };
};

export const setMembers: Handler<Actions["setMembers"], Deps> = transactional(
  async (ctx, { sellerId, customerIds }) => {
    const { ownerId } = await requireSeller(ctx, sellerId);
    if (ctx.auth.kind === "customer" && ctx.auth.customerId !== ownerId)
      throw new DomainError("FORBIDDEN", "Only the owner may say who acts for the seller.");
    const existing = new Set((await ctx.call("customers.findExisting", { customerIds })).customerIds);
    const errors = customerIds.flatMap((customerId, at) =>
      existing.has(customerId) ? [] : [{ path: `/customerIds/${at}`, message: "is not a customer" }],
    );
    if (errors.length > 0) throw validationError("Some customers do not exist.", errors);
    const members = customerIds.filter((customerId) => customerId !== ownerId).toSorted();
    await ctx.transaction(async (tx) => {
      await lockSeller(tx, sellerId);
      saveMembers(tx, sellerId, members);
    });
    return { sellerId, ownerId, customerIds: members };
  },
);
