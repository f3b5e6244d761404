/** The bounds of this service, each with its unit. */
export const billingLimits = {
  DOCUMENTS_PER_BATCH: 100, // documents that one transaction stores
  GATHER_MS: 200, // for further documents, because they cost less together; nobody waits for one
  PENDING_FACTS: 5_000, // that a node remembers; those beyond are found in the table
  LEASE_SECONDS: 10, // a node has this long for what it has heard of, then any node takes it
  RETRY_CAP_SECONDS: 60, // between two tries, while orders or customers do not answer
  DOCUMENT_POLL_MS: 2_000, // between two looks for what another node has left
  DOCUMENT_POLL_BATCHES: 20, // of one look
  REFUND_CHECK_CAP_SECONDS: 86_400, // between two looks whether the order of a refund is invoiced by now
  REFUND_WAIT_DAYS: 60, // then a refund is given up whose order was never invoiced; no payment can be captured so late
  OVERDUE_SECONDS: 300, // then something due is counted by the alarm
  RENDERED_AT_ONCE: 1, // PDFs of one node: a thread of its own makes them one after the other
  RENDERS_WAITING: 20, // further requests wait for it; any more are answered with 503
  RENDER_TIMEOUT_MS: 8_000, // for a PDF and those before it
  RENDERER_IDLE_MS: 60_000, // then its thread ends, and gives its memory back
} as const;
