/**
 * The demonstration shop: accounts and a small catalogue, the same on every machine. Each service seeds its own part and
 * needs no other service for it, because ids and skus are fixed.
 */

import { demoIds } from "./demo-ids.ts";

export { demoImagesOf, demoPictures } from "./demo-pictures.ts";
export { demoProducts } from "./demo-products.ts";

export const demoAccounts = {
  customer: {
    customerId: demoIds.customer,
    addressId: demoIds.address,
    email: "demo@example.com",
    password: "demo-password-1",
    firstName: "Dana",
    lastName: "Demo",
    address: { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201", country: "US" },
  },
  staff: {
    staffId: demoIds.staff,
    email: "admin@example.com",
    password: "admin-password-1",
    name: "Alex Admin",
  },
} as const;

export const demoWarehouses = [
  { warehouseId: "wh_main", name: "Portland main warehouse" },
  { warehouseId: "wh_east", name: "Newark east warehouse" },
] as const;

export const demoBrands = [
  { slug: "northfold", name: "Northfold" },
  { slug: "emberline", name: "Emberline" },
  { slug: "kestrel-works", name: "Kestrel Works" },
  { slug: "oakhaven", name: "Oakhaven" },
  { slug: "voltaro", name: "Voltaro" },
  { slug: "harrow-mill", name: "Harrow Mill" }, // without products: it can be removed
] as const;

/** Parents come before their children. */
export const demoCategories = [
  { slug: "outdoor", name: "Outdoor", parent: null },
  { slug: "camping", name: "Camping", parent: "outdoor" },
  { slug: "tents", name: "Tents", parent: "camping" },
  { slug: "camp-kitchen", name: "Camp kitchen", parent: "camping" },
  { slug: "hiking", name: "Hiking", parent: "outdoor" },
  { slug: "footwear", name: "Footwear", parent: "hiking" },
  { slug: "backpacks", name: "Backpacks", parent: "hiking" },
  { slug: "home", name: "Home", parent: null },
  { slug: "kitchen", name: "Kitchen", parent: "home" },
  { slug: "lighting", name: "Lighting", parent: "home" },
  { slug: "textiles", name: "Textiles", parent: "home" },
  { slug: "electronics", name: "Electronics", parent: null },
  { slug: "audio", name: "Audio", parent: "electronics" },
  { slug: "power", name: "Power", parent: "electronics" },
  { slug: "clearance", name: "Clearance", parent: null }, // without products: it can be removed
] as const;
