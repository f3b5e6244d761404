import { isUtf8 } from "node:buffer";
import { hasScope } from "#lib/contract/access.ts";
import { bytesOf } from "#lib/contract/bytes.ts";
import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { minorDigits } from "#lib/contract/money.ts";
import { type ActionContext, type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import type { catalog } from "../contract.ts";
import { formatOf, readHeader } from "../domain/import/header.ts";
import { type ImportSettings, percentOf } from "../domain/import/import.ts";
import * as store from "../import.store.ts";
import { firstRound, imports } from "../queues/imports.ts";

type Actions = typeof catalog.actions;

export const importProducts: Handler<Actions["importProducts"]> = transactional(
  async (ctx, { part, before, create, currency = DEFAULT_CURRENCY }) => {
    const body = bytesOf(part);
    if (!isUtf8(body)) throw fileError("The file must be UTF-8.");
    const started = part.number === 1 ? startedBy(ctx, body, create, currency) : undefined;
    const importId = started?.importId ?? before?.importId ?? "";
    return ctx.transaction(async (tx) => {
      if (started) await store.insertImport(tx, started);
      if (!(await store.addPart(tx, importId, part.number, body)))
        throw new DomainError("CONFLICT", "A part of this file is missing, or the upload has ended.");
      if (part.isLast) {
        await store.endUpload(tx, importId);
        imports.enqueue(ctx, tx, [firstRound(importId)]);
      }
      return { importId };
    });
  },
);

/** @throws DomainError VALIDATION_FAILED when the file does not begin with a header that is known */
function startedBy(ctx: ActionContext<unknown>, body: Buffer, create: string | undefined, currency: string) {
  minorDigits(currency);
  const read = readHeader(body);
  if ("fault" in read) throw fileError(read.fault);
  const { names, delimiter, bytes } = read.header;
  const wanted = (create ?? "").split(",");
  const settings: ImportSettings = {
    names,
    delimiter,
    currency,
    create: { brands: wanted.includes("brands"), categories: wanted.includes("categories") },
    maySetPrices: hasScope(ctx.auth, "pricing:write"),
  };
  return { importId: newId("import"), settings, headerBytes: bytes };
}

function fileError(message: string): DomainError {
  return validationError(message, [{ path: "", message }]);
}

export const getImport: Handler<Actions["getImport"]> = async (ctx, { importId }) => {
  const found = await requireImport(ctx, importId);
  return { ...view(found), errors: await store.errorsOf(ctx.db, importId) };
};

export const listImports: Handler<Actions["listImports"]> = async (ctx, params) => {
  const { page, limit, offset } = paging(params);
  const { imports: found, total } = await store.pageOfImports(ctx.db, { limit, offset });
  return { imports: found.map(view), pagination: { page, limit, total } };
};

export const importProgress: Handler<Actions["importProgress"]> = async (ctx, { importId }) => {
  const found = await requireImport(ctx, importId);
  if (found.chunks === 0) return { steps: [] };
  const isOver = found.status === "finished" || found.status === "failed";
  const step = isOver ? ("end" as const) : ("progress" as const);
  return { steps: [{ number: found.chunks, step, ...progressOf(found) }] };
};

async function requireImport(ctx: ActionContext<unknown>, importId: string): Promise<store.StoredImport> {
  const found = await store.findImport(ctx.db, importId);
  if (!found) throw new DomainError("NOT_FOUND", `There is no import ${importId}.`);
  return found;
}

function progressOf(found: store.StoredImport) {
  const { status, done, failed } = found;
  return { status, rows: done + failed, done, failed, percent: percentOf(found) };
}

function view(found: store.StoredImport) {
  const format = formatOf(found.settings.names);
  return {
    importId: found.importId,
    ...progressOf(found),
    format: format && "name" in format ? format.name : ("csv" as const),
    ...(found.problem === null ? {} : { problem: found.problem }),
    createdAt: found.createdAt.toISOString(),
    updatedAt: found.updatedAt.toISOString(),
  };
}
