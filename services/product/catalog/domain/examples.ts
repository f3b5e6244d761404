// Products for the examples of the API reference. The demonstration shop has none of them yet.

export const product = {
  productId: "prod_camp_chair",
  slug: "camp-chair",
  title: "Camp Chair",
  brand: "northfold",
  categories: ["camping"],
  images: [],
  description: "Folds flat, and carries 120 kg.",
  attributes: { weight: "2.4 kg" },
  variants: [{ sku: "CHAIR-CAMP", attributes: { colour: "moss" }, price: { amount: 59.9, currency: "USD" } }],
};

export const batchedProduct = {
  slug: "camp-table",
  title: "Camp Table",
  brand: "northfold",
  categories: ["camping"],
  variants: [{ sku: "TABLE-CAMP", price: { amount: 79, currency: "USD" } }],
};
