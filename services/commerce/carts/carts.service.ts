import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { addCartItem, changeCartItem, removeCartItem } from "./actions/change-items.ts";
import { addCartCoupon, removeCartCoupon } from "./actions/coupons.ts";
import { createCart } from "./actions/create-cart.ts";
import { freezeCart, reopenCart } from "./actions/freeze-cart.ts";
import { getCart } from "./actions/get-cart.ts";
import { mergeCarts } from "./actions/merge-carts.ts";
import { carts } from "./contract.ts";
import { type Deps, setUp } from "./setup.ts";

export default service<typeof carts, Deps>(carts, {
  database: { migrations: join(import.meta.dirname, "migrations"), keepPlans: true },
  setup: setUp,
  teardown: (deps) => deps.carts.close(),
  actions: {
    create: createCart,
    get: getCart,
    addItem: addCartItem,
    changeItem: changeCartItem,
    removeItem: removeCartItem,
    addCoupon: addCartCoupon,
    removeCoupon: removeCartCoupon,
    merge: mergeCarts,
    freeze: freezeCart,
    reopen: reopenCart,
  },
  signals: { "promotions.changed": ({ promotions }) => promotions.forget() },
});
