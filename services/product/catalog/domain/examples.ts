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

/** A file of our own format. */
export const productFile = `slug,title,brand,categories,sku,price,attribute:weight,variant:colour
camp-stool,Camp Stool,northfold,camping,STOOL-MOSS,24.90,0.9 kg,moss
camp-stool,,,,STOOL-SAND,24.90,,sand
`;
