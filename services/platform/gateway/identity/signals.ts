import type { Context } from "moleculer";
import type { SignalData } from "#lib/contract/signals.ts";
import type { GatewayService } from "../gateway.ts";

/** What a gateway forgets at once about tokens, sessions and rights. */
export const identitySignals = {
  "auth.keysChanged"(this: GatewayService) {
    this.gateway.verifier.reset();
  },
  "auth.sessionsEnded"(this: GatewayService, { params }: Context<SignalData<"auth.sessionsEnded">>) {
    this.gateway.callers.sessionsEnded(params.sids);
  },
  "users.rightsChanged"(this: GatewayService, { params }: Context<SignalData<"users.rightsChanged">>) {
    this.gateway.callers.rightsChanged(params.staffId);
  },
};
