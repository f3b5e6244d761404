import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { listAccounts } from "./actions/list-accounts.ts";
import { listEntries } from "./actions/list-entries.ts";
import { closePeriod, listPeriods } from "./actions/periods.ts";
import { reconciliation } from "./actions/reconciliation.ts";
import { statement } from "./actions/statement.ts";
import { trialBalance } from "./actions/trial-balance.ts";
import { creditNoteIssued } from "./consumers/credit-note-issued.ts";
import { disputeClosed } from "./consumers/dispute-closed.ts";
import { disputeOpened } from "./consumers/dispute-opened.ts";
import { giftCardDisabled } from "./consumers/gift-card-disabled.ts";
import { giftCardIssued } from "./consumers/gift-card-issued.ts";
import { invoiceIssued } from "./consumers/invoice-issued.ts";
import { paymentCompleted } from "./consumers/payment-completed.ts";
import { paymentRefundFailed } from "./consumers/payment-refund-failed.ts";
import { paymentRefunded } from "./consumers/payment-refunded.ts";
import { payoutSent } from "./consumers/payout-sent.ts";
import { providerFeeCharged } from "./consumers/provider-fee-charged.ts";
import { providerPaidOut } from "./consumers/provider-paid-out.ts";
import { saleCredited } from "./consumers/sale-credited.ts";
import { saleReversed } from "./consumers/sale-reversed.ts";
import { storeCreditGranted } from "./consumers/store-credit-granted.ts";
import { ledger } from "./contract.ts";
import { sumLines } from "./jobs/sum-lines.ts";

export default service(ledger, {
  database: { migrations: join(import.meta.dirname, "migrations"), keepPlans: true },
  actions: { trialBalance, listAccounts, statement, listEntries, listPeriods, closePeriod, reconciliation },
  consumers: [
    ...[invoiceIssued, creditNoteIssued],
    ...[paymentCompleted, paymentRefunded, paymentRefundFailed],
    ...[disputeOpened, disputeClosed],
    ...[giftCardIssued, giftCardDisabled, storeCreditGranted],
    ...[providerFeeCharged, providerPaidOut],
    ...[saleCredited, saleReversed, payoutSent],
  ],
  jobs: [sumLines],
});
