import { bytesOf } from "#lib/contract/bytes.ts";
import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { callerOf } from "#lib/sql/idempotency-keys.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { sellers } from "../contract.ts";
import * as store from "../documents.store.ts";
import { documentTypeOf } from "../domain/document-type.ts";
import { sellerLimits } from "../domain/limits.ts";
import type { DocumentType } from "../domain/seller.ts";
import { findSeller, lockSeller } from "../sellers.store.ts";
import type { Deps } from "../setup.ts";
import { requireSeller } from "../steps/require-seller.ts";
import { usingVault } from "../steps/using-vault.ts";
import { documentView } from "../view.ts";

type Actions = typeof sellers.actions;

/** Takes one part after the other, on whichever node it arrives, and encrypts it before it is stored. */
export const addDocument: Handler<Actions["addDocument"], Deps> = transactional(
  async (ctx, { sellerId, type, part, before }) => {
    await requireSeller(ctx, sellerId);
    const earlier = before && "received" in before ? before : { documentId: newId("sellerDocument"), received: 0 };
    const { documentId } = earlier;
    const bytes = bytesOf(part);
    const received = earlier.received + bytes.length;
    if (received > sellerLimits.DOCUMENT_BYTES)
      throw new DomainError("BODY_TOO_LARGE", `A document has at most ${sellerLimits.DOCUMENT_BYTES} bytes.`);
    const isFirst = part.number === 1;
    const mediaType = isFirst ? mediaTypeOf(bytes) : "";
    return usingVault(ctx, async (vault) => {
      const sealed = await vault.encrypt(part.base64, store.partRow(documentId, part.number));
      return ctx.transaction(async (tx) => {
        if (isFirst) await beginDocument(tx, { documentId, sellerId, type, mediaType });
        store.insertPart(tx, documentId, part.number, sealed);
        if (!part.isLast) return { documentId, received };
        const whole = { documentId, sellerId, bytes: received, parts: part.number };
        const document = await store.completeDocument(tx, whole);
        if (!document) throw new DomainError("SERVICE_UNAVAILABLE", "The upload took too long. Send it again.");
        return documentView(document);
      });
    });
  },
);

/** @throws DomainError UNSUPPORTED_MEDIA_TYPE */
function mediaTypeOf(bytes: Buffer) {
  const type = documentTypeOf(bytes);
  if (type) return type;
  throw new DomainError("UNSUPPORTED_MEDIA_TYPE", "The content is not a PDF, PNG or JPEG.");
}

async function beginDocument(
  tx: Transaction,
  document: { documentId: string; sellerId: string; type: DocumentType; mediaType: string },
): Promise<void> {
  await lockSeller(tx, document.sellerId); // so that two uploads do not both take the last place
  if ((await store.countDocuments(tx, document.sellerId)) >= sellerLimits.DOCUMENTS)
    throw new DomainError("LIMIT_REACHED", `A seller can have at most ${sellerLimits.DOCUMENTS} documents.`);
  store.insertDocument(tx, document);
}

export const listDocuments: Handler<Actions["documents"], Deps> = async (ctx, { sellerId }) => {
  await requireSeller(ctx, sellerId);
  return { documents: (await store.documentsOf(ctx.db, sellerId)).map(documentView) };
};

/** One part in an answer. The first one is recorded: nobody reads further parts without it. */
export const readDocument: Handler<Actions["readDocument"], Deps> = transactional(
  async (ctx, { sellerId, documentId, next }) => {
    const number = Number(next ?? 1);
    const document = await store.findDocument(ctx.db, sellerId, documentId);
    const content = document && (await store.readPart(ctx.db, documentId, number));
    if (!document || content === undefined) throw new DomainError("NOT_FOUND");
    const base64 = await usingVault(ctx, (vault) => vault.decrypt(content, store.partRow(documentId, number)));
    const by = callerOf(ctx.auth, ctx.address);
    await ctx.transaction(async (tx) => store.insertReading(tx, document, by, number));
    const isLast = number >= document.parts;
    const fileName = `${documentId}.${document.mediaType.split("/")[1]}`;
    return { type: document.mediaType, base64, fileName, ...(isLast ? {} : { next: String(number + 1) }) };
  },
);

export const listReadings: Handler<Actions["documentReadings"], Deps> = async (
  ctx,
  { sellerId, documentId, ...params },
) => {
  if (!(await findSeller(ctx.db, sellerId))) throw new DomainError("NOT_FOUND");
  const { page, limit, offset } = paging(params);
  const { rows, total } = await store.pageOfReadings(ctx.db, { sellerId, documentId }, { limit, offset });
  return { readings: rows.map(({ by, at }) => ({ by, at: at.toISOString() })), pagination: { page, limit, total } };
};
