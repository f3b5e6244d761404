import type { Handler } from "#mixins/service/context.ts";
import type { fraud } from "../contract.ts";
import type { Deps } from "../setup.ts";
import { assessmentView } from "../view.ts";

export const assessOrder: Handler<typeof fraud.actions.assess, Deps> = async ({ deps }, attempt) =>
  assessmentView(await deps.attempts.ask(attempt));
