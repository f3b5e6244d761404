import { Type } from "typebox";
import { anyone, staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { Locale } from "#lib/contract/locale.ts";
import { Draft, draftErrors } from "./publication-actions.ts";
import { Brand, Category, Name, Slug } from "./schemas.ts";

// The part of the contract that is about categories and brands.

const Branch = Type.With(Slug, { description: "A category with all below it, each after the one that it is in" });
const writeAccess = staff("catalog:write");

export const taxonomyActions = {
  categories: action({
    summary: "Lists categories by slug.",
    rest: "GET /categories",
    params: Exact({
      ...Page,
      parent: Type.Optional(Slug),
      branch: Type.Optional(Branch),
      locale: Type.Optional(Locale),
      ...Draft,
    }),
    returns: Type.Object({
      categories: Type.Array(Category),
      breadcrumbs: Type.Optional(
        Type.Array(Category, { description: "With `branch`: the categories above it, the highest first" }),
      ),
      pagination: Pagination,
    }),
    access: anyone({ badToken: "ignored" }),
    cached: true,
    localised: true,
    privateWith: ["draft"],
    errors: draftErrors,
  }),
  createCategory: action({
    summary: "Adds a category.",
    rest: "POST /categories",
    example: { slug: "hammocks", name: "Hammocks", parent: "camping" },
    status: 201,
    params: Exact({ slug: Slug, name: Name, parent: Type.Optional(Type.Union([Slug, Type.Null()])) }),
    returns: Category,
    access: writeAccess,
    errors: ["ALREADY_EXISTS"],
    idempotent: true,
  }),
  updateCategory: action({
    summary: "Renames or moves a category.",
    description:
      "It moves with all categories below it. It cannot move below itself, and the tree has at most 16 levels.",
    rest: "PUT /categories/:slug",
    example: { slug: "camp-kitchen", name: "Camp kitchen" },
    params: Exact({
      slug: Slug,
      name: Type.Optional(Name),
      parent: Type.Optional(Type.Union([Slug, Type.Null()])),
    }),
    returns: Category,
    access: writeAccess,
    retryable: true,
  }),
  deleteCategory: action({
    summary: "Removes an empty category.",
    description: "A category with products, or with categories below it, is refused.",
    rest: "DELETE /categories/:slug",
    example: { slug: "clearance" },
    status: 204,
    params: Exact({ slug: Slug }),
    returns: Empty,
    access: writeAccess,
    errors: ["CONFLICT"],
  }),
  brands: action({
    summary: "Lists brands by slug.",
    rest: "GET /brands",
    params: Exact({ ...Page, locale: Type.Optional(Locale), ...Draft }),
    returns: Type.Object({ brands: Type.Array(Brand), pagination: Pagination }),
    access: anyone({ badToken: "ignored" }),
    cached: true,
    localised: true,
    privateWith: ["draft"],
    errors: draftErrors,
  }),
  createBrand: action({
    summary: "Adds a brand.",
    rest: "POST /brands",
    example: { slug: "lighthouse-goods", name: "Lighthouse Goods" },
    status: 201,
    params: Exact({ slug: Slug, name: Name }),
    returns: Brand,
    access: writeAccess,
    errors: ["ALREADY_EXISTS"],
    idempotent: true,
  }),
  updateBrand: action({
    summary: "Renames a brand.",
    rest: "PUT /brands/:slug",
    example: { slug: "emberline", name: "Emberline" },
    params: Exact({ slug: Slug, name: Name }),
    returns: Brand,
    access: writeAccess,
    retryable: true,
  }),
  deleteBrand: action({
    summary: "Removes a brand that no product has.",
    rest: "DELETE /brands/:slug",
    example: { slug: "harrow-mill" },
    status: 204,
    params: Exact({ slug: Slug }),
    returns: Empty,
    access: writeAccess,
    errors: ["CONFLICT"],
  }),
};
