import type { Account } from "./account.ts";
import { getBalance, listBalance } from "./balance.ts";
import {
  attachMethod,
  createCustomer,
  createSetup,
  detachMethod,
  getCustomer,
  getMethod,
  getSetup,
  listMethods,
} from "./customers.ts";
import { getDispute, listDisputes, listEvents, updateDispute } from "./disputes.ts";
import { missing, StripeFailure } from "./failure.ts";
import { type Form, listIn } from "./form.ts";
import {
  cancelIntent,
  captureIntent,
  confirmIntent,
  createIntent,
  getIntent,
  listIntents,
  searchIntents,
} from "./payment-intents.ts";
import { createRefund, getRefund, listRefunds } from "./refunds.ts";
import { listOf } from "./shapes.ts";

/** How this server differs from Stripe on purpose. */
export interface Behaviour {
  /** The longest page of a list of intents. Stripe's is 100. */
  maxPage: number;
  /** Whether searches find intents. Stripe's find them about a minute after they were made. */
  isIndexed: boolean;
}

type Handler = (account: Account, form: Form, id: string, behaviour: Behaviour) => object;

/** By method and path; `*` is the id. */
const ROUTES: Readonly<Record<string, Handler>> = {
  "POST payment_intents": (account, form) => createIntent(account, form),
  "GET payment_intents": (account, form, _, { maxPage }) => listIntents(account, form, maxPage),
  "GET payment_intents/search": (account, form, _, { isIndexed }) => searchIntents(account, form, isIndexed),
  "GET payment_intents/*": (account, _, id) => getIntent(account, id),
  "POST payment_intents/*/confirm": (account, form, id) => confirmIntent(account, id, form),
  "POST payment_intents/*/capture": (account, form, id) => captureIntent(account, id, form),
  "POST payment_intents/*/cancel": (account, form, id) => cancelIntent(account, id, form),
  "POST refunds": (account, form) => createRefund(account, form),
  "GET refunds": (account, form) => listRefunds(account, form),
  "GET refunds/*": (account, _, id) => getRefund(account, id),
  "POST customers": (account, form) => createCustomer(account, form),
  "GET customers/*": (account, _, id) => getCustomer(account, id),
  "GET customers/*/payment_methods": (account, form, id) => listMethods(account, id, form),
  "POST setup_intents": (account, form) => createSetup(account, form),
  "GET setup_intents/*": (account, _, id) => getSetup(account, id),
  "GET payment_methods/*": (account, _, id) => getMethod(account, id),
  "POST payment_methods/*/attach": (account, form, id) => attachMethod(account, id, form),
  "POST payment_methods/*/detach": (account, _, id) => detachMethod(account, id),
  "GET disputes": (account, form) => listDisputes(account, form),
  "GET disputes/*": (account, _, id) => getDispute(account, id),
  "POST disputes/*": (account, form, id) => updateDispute(account, id, form),
  "GET balance": (account) => getBalance(account),
  "GET balance_transactions": (account, form, _, { maxPage }) => listBalance(account, form, maxPage),
  "GET events": (account, form) => listEvents(account, form),
};

/** Does what a request asks for. @throws StripeFailure when it is refused */
export function route(account: Account, method: string, path: string, form: Form, behaviour: Behaviour): object {
  const [version, ...parts] = path.split("/").filter(Boolean);
  const exact = ROUTES[`${method} ${parts.join("/")}`];
  const [collection, id = "", ...rest] = parts;
  const handler = exact ?? ROUTES[`${method} ${[collection, "*", ...rest].join("/")}`];
  if (version !== "v1" || !handler) {
    throw new StripeFailure(404, { type: "invalid_request_error", message: `Unrecognized request URL (${path}).` });
  }
  const answer = structuredClone(handler(account, form, id, behaviour)) as Record<string, unknown>;
  for (const name of listIn(form, "expand")) expand(account, answer, name.split("."));
  return answer;
}

/** Puts an object where its id stands. */
function expand(account: Account, object: Record<string, unknown>, [name = "", ...rest]: readonly string[]): void {
  if (name === "data") {
    for (const item of object.data as Record<string, unknown>[]) expand(account, item, rest);
    return;
  }
  if (typeof object[name] === "string" || name === "refunds") object[name] = expanded(account, object, name);
  const inner = object[name];
  if (rest.length > 0 && typeof inner === "object" && inner !== null) {
    expand(account, inner as Record<string, unknown>, rest);
  }
}

const REFUNDS_OF_CHARGE = 10; // as in Stripe; the others have to be listed

function expanded(account: Account, object: Record<string, unknown>, name: string): object {
  const id = String(object[name]);
  switch (name) {
    case "latest_charge":
      return getCharge(account, id);
    case "source": {
      const kinds = { ch: "charge", re: "refund", du: "dispute" } as const;
      return account.store.find(kinds[id.split("_")[0] as keyof typeof kinds] ?? "charge", id) ?? { id };
    }
    case "payment_method":
      return getMethod(account, id);
    case "customer":
      return getCustomer(account, id);
    case "refunds": {
      const refunds = account.store.ofParent("refund", String(object.payment_intent));
      return listOf(`/v1/charges/${String(object.id)}/refunds`, refunds, REFUNDS_OF_CHARGE);
    }
    default:
      throw new StripeFailure(400, { type: "invalid_request_error", message: `${name} cannot be expanded.` }, false);
  }
}

function getCharge(account: Account, id: string): object {
  const charge = account.store.find("charge", id);
  if (!charge) throw missing("charge", id);
  return charge;
}
