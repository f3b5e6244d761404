import { Type } from "typebox";
import { staff } from "#lib/contract/access.ts";
import { action, contract, Exact } from "#lib/contract/contract.ts";
import { crud } from "#lib/contract/crud.ts";
import { defineIds } from "#lib/contract/ids.ts";

const labelIds = defineIds({ label: "label" });
const Text = Type.String({ minLength: 1, maxLength: 50 });

export const labels = contract("labels", {
  summary: "Labels of the staff: without an owner, and with an action besides those of the table.",
  actions: {
    ...crud({
      path: "/labels",
      item: "label",
      items: "labels",
      id: "label",
      fields: { text: Text },
      access: staff("labels:write"),
    }),
    clear: action({
      summary: "Removes all labels.",
      rest: "POST /labels:clear",
      params: Exact({}),
      returns: Exact({ removed: Type.Integer() }),
      access: staff("labels:write"),
    }),
  },
  personalData: { label: "none" },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    labels: typeof labels;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    labels: typeof labelIds;
  }
}
