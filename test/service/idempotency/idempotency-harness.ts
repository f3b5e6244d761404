import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Errors } from "moleculer";
import { DataTypes } from "sequelize";
import { Type } from "typebox";
import { anyone } from "#lib/contract/access.ts";
import { action, contract, Exact } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { service } from "#mixins/service/service.ts";

const Sale = Exact({ article: Type.String(), amount: Type.Integer() });
const Receipt = Exact({ receipt: Type.Integer(), step: Type.Integer() });
const selling = (summary: string) =>
  action({ summary, params: Sale, returns: Receipt, access: anyone(), idempotent: true });

const optimistic = { idempotent: "optimistic" } as const;

/** Articles whose first sale is answered too late. */
export const late = new Set<string>();

/** A service whose actions keep their answers in every way there is. */
export const till = contract("till", {
  summary: "Sells, for tests of idempotent requests.",
  actions: {
    sell: selling("Sells in one transaction, slowly."),
    sellOptimistically: {
      ...selling("Sells in one transaction, without looking for an answer before."),
      ...optimistic,
    },
    sellInSteps: selling("Sells in two transactions, both of which could be the answer."),
    sellPlainly: selling("Sells without a transaction."),
    sellAndCrash: selling("Sells, and dies before it answers."),
    sellAndLose: selling("Sells, and loses the connection before the database could say so."),
    sellAfterAsking: {
      ...selling("Asks another action, sells, and answers the first time too late."),
      retryable: true,
    },
    look: action({
      summary: "What other actions ask.",
      params: Exact({}),
      returns: Exact({}),
      access: anyone(),
    }),
    refuse: { ...selling("Never sells."), errors: ["OUT_OF_STOCK"] },
    refuseAgain: {
      ...selling("Sells an article once, and is out of stock then."),
      ...optimistic,
      errors: ["OUT_OF_STOCK"],
    },
    joinSlowly: action({
      summary: "Takes a member on, and needs a while for it.",
      params: Exact({ email: Type.String() }),
      returns: Exact({ email: Type.String() }),
      access: anyone(),
      idempotent: true,
    }),
    join: action({
      summary: "Takes a member on, once for each email.",
      params: Exact({ email: Type.String() }),
      returns: Exact({ email: Type.String() }),
      access: anyone(),
      errors: ["EMAIL_TAKEN"],
      idempotent: true,
    }),
  },
});

async function sell(db: Queryable, { article, amount }: { article: string; amount: number }, step = 1) {
  const [row] = await db.query<{ receipt: number }>(
    "INSERT INTO sale (article, amount) VALUES ($1, $2) RETURNING receipt",
    [article, amount],
  );
  return { receipt: row?.receipt ?? 0, step };
}

const sellSlowly: Handler<typeof till.actions.sell> = transactional((ctx, sale) =>
  ctx.transaction(async (tx) => {
    const receipt = await sell(tx, sale);
    await tx.query("SELECT pg_sleep(0.05)");
    return receipt;
  }),
);

export default service(till, {
  database: {
    migrations: join(import.meta.dirname, "migrations"),
    model: {
      name: "sale",
      define: { receipt: { type: DataTypes.BIGINT, primaryKey: true } },
      options: { timestamps: false },
    },
  },
  actions: {
    sell: sellSlowly,
    sellOptimistically: sellSlowly,
    sellInSteps: transactional(async (ctx, sale) => {
      await ctx.transaction((tx) => sell(tx, sale, 1));
      return ctx.transaction((tx) => sell(tx, sale, 2));
    }),
    sellPlainly: (ctx, sale) => sell(ctx.db, sale),
    sellAndCrash: transactional(async (ctx, sale) => {
      await ctx.transaction((tx) => sell(tx, sale));
      throw new Error("crashed");
    }),
    sellAndLose: transactional((ctx, sale) =>
      ctx.transaction((tx) => {
        tx.afterCommit(() => {
          throw new Error("Connection terminated unexpectedly");
        });
        return sell(tx, sale);
      }),
    ),
    sellAfterAsking: transactional(async (ctx, sale) => {
      await ctx.call("till.look" as never, {} as never);
      const receipt = await ctx.transaction((tx) => sell(tx, sale));
      if (!late.delete(sale.article)) return receipt;
      throw new Errors.MoleculerRetryableError("late");
    }),
    look: async () => ({}),
    refuse: transactional((ctx, sale) =>
      ctx.transaction(async (tx) => {
        await sell(tx, sale);
        throw new DomainError("OUT_OF_STOCK");
      }),
    ),
    refuseAgain: transactional(async (ctx, sale) => {
      const [sold] = await ctx.db.query("SELECT 1 FROM sale WHERE article = $1", [sale.article]);
      if (sold) throw new DomainError("OUT_OF_STOCK");
      return ctx.transaction((tx) => sell(tx, sale));
    }),
    joinSlowly: transactional((ctx, { email }) =>
      ctx.transaction(async (tx) => {
        await tx.query("INSERT INTO member VALUES ($1)", [email]);
        await tx.query("SELECT pg_sleep(0.5)");
        return { email };
      }),
    ),
    join: transactional(async (ctx, { email }) => {
      await sleep(Math.random() * 30); // one of several at once may begin when another has ended
      return ctx.transaction(async (tx) => {
        const [taken] = await tx.query("SELECT 1 FROM member WHERE email = $1", [email]);
        if (taken) throw new DomainError("EMAIL_TAKEN");
        await tx.query("INSERT INTO member VALUES ($1)", [email]);
        return { email };
      });
    }),
  },
});
