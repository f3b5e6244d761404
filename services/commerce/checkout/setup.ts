import type { SetupContext } from "#mixins/service/context.ts";
import { AttemptStore } from "./checkout.store.ts";

/** What the handlers share. */
export interface Deps {
  attempts: Pick<AttemptStore, "find" | "save">;
}

export function setUp({ db }: SetupContext): Deps {
  return { attempts: new AttemptStore(db) };
}
