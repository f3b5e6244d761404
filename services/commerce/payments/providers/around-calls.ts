import type { OperationKind } from "../domain/operation.ts";
import type { PaymentProvider } from "./provider.ts";

/** What a provider is asked. */
export type Asked =
  | OperationKind
  | "find"
  | "charge"
  | "balance"
  | "setUp"
  | "result"
  | "forget"
  | "dispute"
  | "evidence";

/** The provider with something around each of its calls but its lists, which take many. */
export function aroundCalls(
  provider: PaymentProvider,
  around: <A>(what: Asked, ask: () => Promise<A>) => Promise<A>,
): PaymentProvider {
  const { name, charges, balance, movements, notifications, savedMethods, disputes, close } = provider;
  return {
    name,
    authorize: (...asked) => around("authorize", () => provider.authorize(...asked)),
    confirm: (...asked) => around("confirm", () => provider.confirm(...asked)),
    capture: (...asked) => around("capture", () => provider.capture(...asked)),
    void: (...asked) => around("void", () => provider.void(...asked)),
    refund: (...asked) => around("refund", () => provider.refund(...asked)),
    find: (...asked) => around("find", () => provider.find(...asked)),
    charge: (...asked) => around("charge", () => provider.charge(...asked)),
    ...(charges ? { charges: charges.bind(provider) } : {}),
    ...(balance ? { balance: (...asked) => around("balance", () => balance.apply(provider, asked)) } : {}),
    ...(movements ? { movements: movements.bind(provider) } : {}),
    ...(notifications ? { notifications } : {}),
    ...(savedMethods
      ? {
          savedMethods: {
            setUp: (...asked) => around("setUp", () => savedMethods.setUp(...asked)),
            result: (...asked) => around("result", () => savedMethods.result(...asked)),
            forget: (...asked) => around("forget", () => savedMethods.forget(...asked)),
          },
        }
      : {}),
    ...(disputes
      ? {
          disputes: {
            get: (...asked) => around("dispute", () => disputes.get(...asked)),
            submitEvidence: (...asked) => around("evidence", () => disputes.submitEvidence(...asked)),
          },
        }
      : {}),
    ...(close ? { close: close.bind(provider) } : {}),
  };
}
