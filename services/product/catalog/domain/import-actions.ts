import { Type } from "typebox";
import { staff } from "#lib/contract/access.ts";
import { BodyPart, Bytes } from "#lib/contract/bytes.ts";
import { action, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { FormedText } from "#lib/contract/text.ts";
import * as examples from "./examples.ts";
import { catalogLimits } from "./limits.ts";

// The part of the contract that is about files of products.

const ImportId = { importId: Id("import") };
const access = staff("catalog:write");

const Status = Type.Enum(["uploading", "waiting", "running", "finished", "failed"], {
  description: "`failed`: the rest of the file cannot be read; what was imported before stays",
  examples: ["finished"],
});
const Count = (description: string) => Type.Integer({ minimum: 0, description, examples: [0] });
const Progress = {
  status: Status,
  rows: Count("Rows that were read, without the header; when the import has ended, `done` and `failed` together"),
  done: Count("Rows that were imported"),
  failed: Count("Rows that were refused"),
  percent: Type.Integer({ minimum: 0, maximum: 100, description: "Of the file", examples: [100] }),
};
const Import = {
  ...ImportId,
  ...Progress,
  format: Type.Enum(["csv", "shopify"], { examples: ["csv"] }),
  problem: Type.Optional(Type.String({ description: "Why the import failed" })),
  createdAt: Timestamp,
  updatedAt: Timestamp,
};
const ImportSummary = NamedObject("ImportSummary", Import);
const ImportDetails = NamedObject("Import", {
  ...Import,
  errors: Type.Array(
    Type.Object({
      row: Type.Integer({
        minimum: 0,
        description: "As a spreadsheet counts rows: the header is row 1",
        examples: [2],
      }),
      message: Type.String({ examples: ["sku: MUG-ENAMEL is already taken"] }),
    }),
    { description: `The first ${catalogLimits.IMPORT_ERRORS} faults`, examples: [[]] },
  ),
});
const Started = Type.Object(ImportId);

export const importActions = {
  importProducts: action({
    summary: "Imports products from a CSV file.",
    description: `The file has our own columns, or those of Shopify's product file; the header decides. Products with the slug of one that exists replace it. The answer comes when the whole file has arrived; follow the import with \`GET /imports/{importId}\` or its stream. A row that is refused stops no other row.`,
    rest: "POST /imports/products",
    status: 202,
    params: Exact({
      create: Type.Optional(
        FormedText("`brands`, `categories` or `brands,categories`", "^(brands|categories|brands,categories)$", {
          description: "What to add when a row names one that does not exist yet; otherwise such a row is refused",
          examples: ["brands,categories"],
        }),
      ),
      currency: Type.Optional(
        Type.With(Currency, { description: "Of the prices of rows that name none; the shop's own unless stated" }),
      ),
      part: BodyPart,
      before: Type.Optional(Started),
    }),
    returns: Started,
    access,
    errors: ["CONFLICT"],
    parts: {
      types: ["text/csv"],
      bytes: catalogLimits.IMPORT_BYTES,
      partBytes: catalogLimits.IMPORT_PART_BYTES,
      lines: true,
      example: { type: "text/csv", text: examples.productFile },
    },
  }),
  getImport: action({
    summary: "How far an import is, and which rows were refused.",
    rest: "GET /imports/:importId",
    params: Exact(ImportId),
    returns: ImportDetails,
    access,
    retryable: true,
  }),
  listImports: action({
    summary: "Lists imports, the latest first.",
    rest: "GET /imports",
    params: Exact({ ...Page }),
    returns: Type.Object({ imports: Type.Array(ImportSummary), pagination: Pagination }),
    access,
    retryable: true,
  }),
  importProgress: action({
    summary: "The latest step of an import.",
    description: "Steps are numbered: each is a part of the file that was imported as a whole.",
    rest: "GET /imports/:importId/progress",
    params: Exact(ImportId),
    returns: Type.Object({
      steps: Type.Array(
        Type.Object({
          number: Type.Integer({ minimum: 1, examples: [1] }),
          step: Type.Enum(["progress", "end"], { examples: ["end"] }),
          ...Progress,
        }),
        { maxItems: 1 },
      ),
    }),
    access,
    retryable: true,
    stream: {
      summary: "The progress of an import as it happens, as server-sent events, until it has ended.",
      rest: "GET /imports/:importId/stream",
      items: "steps",
      id: "number",
      event: "step",
      signal: "catalog.importChanged",
      until: { property: "step", values: ["end"] },
    },
  }),
  exportProducts: action({
    summary: "All products of the shop as a CSV file, which can be imported again.",
    description:
      "With the prices that were set for the variants themselves, not those of price lists or converted ones.",
    rest: "GET /exports/products",
    params: Exact({
      format: Type.Optional(Type.Enum(["csv", "shopify"], { default: "csv" })),
      currency: Type.Optional(Type.With(Currency, { description: "Of the prices; the shop's own unless stated" })),
      next: Type.Optional(Type.String({ maxLength: catalogLimits.EXPORT_CURSOR_CHARS })),
    }),
    returns: Bytes,
    access,
    bytes: { types: ["text/csv"] },
  }),
};

/** Tables of imports. */
export const importTables = {
  import: "none",
  import_part: "none",
  import_error: "none",
  import_product: "none",
  import_work: "none",
} as const;

export const importSignals = {
  /** An import has come further, or to its end. */
  importChanged: Exact(ImportId),
};
