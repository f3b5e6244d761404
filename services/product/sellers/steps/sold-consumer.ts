import { batchConsumer } from "#mixins/service/consumers.ts";
import type { Deps } from "../setup.ts";
import { applyTold, type Told } from "./apply-told.ts";

/** Declares a consumer by what its event says about an order. */
export const soldConsumer = batchConsumer<Told, Deps>((ctx, items) => applyTold(ctx, ctx.tx, items));
