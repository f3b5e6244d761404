import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { cartForCheckout, closeCart } from "./actions/check-out-cart.ts";
import { addCartItem, addCoupon, changeCartItem, removeCartItem } from "./actions/edit-cart.ts";
import { mergeCarts } from "./actions/merge-carts.ts";
import { openCart } from "./actions/open-cart.ts";
import { readCart } from "./actions/read-cart.ts";
import { cartSecretModel } from "./carts.models.ts";
import { carts } from "./contract.ts";
import { type Deps, setUp } from "./setup.ts";

export default service<typeof carts, Deps>(carts, {
  database: { migrations: join(import.meta.dirname, "migrations"), model: cartSecretModel, alwaysUseIndexes: true },
  setup: setUp,
  teardown: (deps) => deps?.carts.close(),
  actions: {
    create: openCart,
    get: readCart,
    addItem: addCartItem,
    changeItem: changeCartItem,
    removeItem: removeCartItem,
    addCoupon,
    merge: mergeCarts,
    forCheckout: cartForCheckout,
    close: closeCart,
  },
});
