import { canonicalLocale } from "#config/locales.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { findAttributes } from "../attributes.store.ts";
import { findProduct, lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { type NamedKind, type ProductTranslation, translationFaults } from "../domain/translation.ts";
import type { CatalogDeps } from "../setup.ts";
import { DRAFT } from "../shown.store.ts";
import { findBrand, findCategory } from "../taxonomy.store.ts";
import * as store from "../translations.store.ts";

type Actions = typeof catalog.actions;
type Context = ServiceContext<CatalogDeps> & Transactions;

const translateProduct: Handler<Actions["translateProduct"], CatalogDeps> = transactional(async (ctx, params) => {
  const { productId, title = null, description = null, attributes = {} } = params;
  const locale = foreignLocale(ctx, params.locale);
  return ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const product = await findProduct(tx, DRAFT, productId);
    if (!product) throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
    const codes = Object.keys(attributes);
    const known = codes.length > 0 ? await findAttributes(tx, codes) : new Map();
    const faults = translationFaults(product, codes, known);
    if (faults.length > 0) throw validationError(undefined, faults);
    const translation = { productId, locale, title, description, attributes };
    if (title === null && description === null && codes.length === 0)
      await store.deleteProductTranslation(tx, productId, locale);
    else await store.writeProductTranslation(tx, translation);
    await noteTranslation(ctx, tx, locale);
    return productTranslationView(translation);
  });
});

const productTranslations: Handler<Actions["productTranslations"]> = async (ctx, { productId }) => {
  if (!(await findProduct(ctx.db, DRAFT, productId)))
    throw new DomainError("NOT_FOUND", `There is no product ${productId}.`);
  const translations = await store.translationsOfProducts(ctx.db, [productId], null);
  return { translations: translations.map(productTranslationView) };
};

const translateAttribute: Handler<Actions["translateAttribute"], CatalogDeps> = transactional(
  async (ctx, { code, locale, name, labels = {} }) =>
    ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      const attribute = (await findAttributes(tx, [code])).get(code);
      if (!attribute) throw new DomainError("NOT_FOUND", `There is no attribute ${code}.`);
      const strange = Object.keys(labels).find((option) => !attribute.options.includes(option));
      if (strange !== undefined)
        throw validationError(undefined, [{ path: `/labels/${strange}`, message: "is not an option" }]);
      return writeName(ctx, tx, "attribute", { code, locale, name, labels });
    }),
);

const translateCategory: Handler<Actions["translateCategory"], CatalogDeps> = transactional(
  async (ctx, { slug, locale, name }) =>
    ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      if (!(await findCategory(tx, slug))) throw new DomainError("NOT_FOUND", `There is no category ${slug}.`);
      return writeName(ctx, tx, "category", { code: slug, locale, name, labels: {} });
    }),
);

const translateBrand: Handler<Actions["translateBrand"], CatalogDeps> = transactional(
  async (ctx, { slug, locale, name }) =>
    ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      if (!(await findBrand(tx, slug))) throw new DomainError("NOT_FOUND", `There is no brand ${slug}.`);
      return writeName(ctx, tx, "brand", { code: slug, locale, name, labels: {} });
    }),
);

async function writeName(
  ctx: Context,
  tx: Transaction,
  kind: NamedKind,
  given: { code: string; locale: string; name: string | undefined; labels: Record<string, string> },
) {
  const { code, name = null, labels } = given;
  const locale = foreignLocale(ctx, given.locale);
  if (name === null && Object.keys(labels).length === 0) await store.deleteNameTranslations(tx, kind, code, locale);
  else await store.writeNameTranslation(tx, kind, { code, locale, name, labels });
  await noteTranslation(ctx, tx, locale);
  return { locale, ...(name === null ? {} : { name }), labels };
}

/** @throws DomainError VALIDATION_FAILED for the shop's own language, whose texts are not translations */
function foreignLocale({ deps }: Context, given: string): string {
  const locale = canonicalLocale(given);
  if (locale === undefined) throw validationError(undefined, [{ path: "/locale", message: "must be a locale" }]);
  if (locale === deps.locales.own)
    throw validationError(undefined, [{ path: "/locale", message: "is the shop's own: change the texts themselves" }]);
  return locale;
}

async function noteTranslation(ctx: Context, tx: Transaction, locale: string): Promise<void> {
  const isFirst = await store.noteLocale(tx, locale);
  tx.afterCommit(() => {
    if (isFirst) ctx.signal("catalog.localesChanged", {});
    ctx.deps.locales.forget();
    ctx.signal("edge.invalidate", {});
  });
}

function productTranslationView({ locale, title, description, attributes }: ProductTranslation) {
  return {
    locale,
    ...(title === null ? {} : { title }),
    ...(description === null ? {} : { description }),
    attributes,
  };
}

export const translationHandlers = {
  translateProduct,
  productTranslations,
  translateAttribute,
  translateCategory,
  translateBrand,
};
