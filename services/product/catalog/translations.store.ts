import type { Queryable } from "#lib/sql/transaction.ts";
import type { NamedKind, NameTranslation, ProductTranslation } from "./domain/translation.ts";

export async function translatedLocales(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ locale: string }>("SELECT locale FROM translated_locale");
  return rows.map(({ locale }) => locale);
}

/** @returns whether it is the first translation into this locale */
export async function noteLocale(tx: Queryable, locale: string): Promise<boolean> {
  const rows = await tx.query(
    "INSERT INTO translated_locale (locale) VALUES ($1) ON CONFLICT DO NOTHING RETURNING locale",
    [locale],
  );
  return rows.length > 0;
}

export async function translationsOfProducts(
  db: Queryable,
  productIds: readonly string[],
  locales: readonly string[] | null,
): Promise<ProductTranslation[]> {
  return db.query(
    `SELECT product_id AS "productId", locale, title, description, attributes FROM product_translation
     WHERE product_id = ANY ($1::text[]) AND ($2::text[] IS NULL OR locale = ANY ($2::text[])) ORDER BY product_id, locale`,
    [productIds, locales],
  );
}

export async function writeProductTranslation(tx: Queryable, translation: ProductTranslation): Promise<void> {
  const { productId, locale, title, description, attributes } = translation;
  await tx.query(
    `INSERT INTO product_translation (product_id, locale, title, description, attributes) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (product_id, locale) DO UPDATE SET title = excluded.title, description = excluded.description,
       attributes = excluded.attributes`,
    [productId, locale, title, description, JSON.stringify(attributes)],
  );
}

export async function deleteProductTranslation(tx: Queryable, productId: string, locale: string): Promise<void> {
  await tx.query("DELETE FROM product_translation WHERE product_id = $1 AND locale = $2", [productId, locale]);
}

export async function translationsOfNames(
  db: Queryable,
  kind: NamedKind,
  codes: readonly string[],
  locales: readonly string[],
): Promise<NameTranslation[]> {
  return db.query(
    `SELECT code, locale, name, labels FROM name_translation
     WHERE kind = $1 AND code = ANY ($2::text[]) AND locale = ANY ($3::text[])`,
    [kind, codes, locales],
  );
}

export async function writeNameTranslation(
  tx: Queryable,
  kind: NamedKind,
  { code, locale, name, labels }: NameTranslation,
): Promise<void> {
  await tx.query(
    `INSERT INTO name_translation (kind, code, locale, name, labels) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (kind, code, locale) DO UPDATE SET name = excluded.name, labels = excluded.labels`,
    [kind, code, locale, name, JSON.stringify(labels)],
  );
}

/** Deletes the translations of something into one locale, or into all. */
export async function deleteNameTranslations(
  tx: Queryable,
  kind: NamedKind,
  code: string,
  locale: string | null = null,
): Promise<void> {
  await tx.query(
    "DELETE FROM name_translation WHERE kind = $1 AND code = $2 AND ($3::text IS NULL OR locale = $3::text)",
    [kind, code, locale],
  );
}
