import { Type } from "typebox";
import { demoAccounts } from "#config/demo.ts";
import { limits } from "#config/limits.ts";
import { internal, staff } from "#lib/contract/access.ts";
import { action, contract, Exact, event, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";
import { NamedExact } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { FormedText, Text } from "#lib/contract/text.ts";
import { Email, NewPassword } from "#services/identity/auth/contract.ts";
import { userLimits } from "./domain/limits.ts";

export const userIds = defineIds({ staff: "staff" });

const StaffId = { staffId: Id("staff") };
const Name = Personal(Text(100, { examples: ["Grace Hopper"] }));
const Roles = Type.Array(FormedText("a role", "^[a-z-]*$", { minLength: 1, maxLength: 50, examples: ["order-desk"] }), {
  maxItems: userLimits.STAFF_ROLES,
  uniqueItems: true,
  description: "admin, catalog-manager, order-desk, warehouse, finance",
});
const StaffView = NamedExact("StaffMember", {
  ...StaffId,
  email: Email,
  name: Name,
  roles: Roles,
  active: Type.Boolean(),
  createdAt: Timestamp,
});

export const users = contract("users", {
  summary:
    "Staff, their roles and scopes. They are kept apart from customers, so that a customer can never have a right of staff.",
  personalData: {
    role: "none",
    staff: { columns: ["email", "name"], subject: "staff_id" },
    staff_role: { columns: ["role"], subject: "staff_id" },
  },
  actions: {
    list: action({
      summary: "Lists staff.",
      rest: "GET /users",
      params: Exact({ ...Page, active: Type.Optional(Type.Boolean()) }),
      returns: Exact({ users: Type.Array(StaffView, { maxItems: limits.PAGE_SIZE }), pagination: Pagination }),
      access: staff("users:read"),
    }),
    get: action({
      summary: "Reads one member of staff.",
      rest: "GET /users/:staffId",
      params: Exact(StaffId),
      returns: StaffView,
      access: staff("users:read"),
    }),
    create: action({
      summary: "Adds a member of staff with a first password.",
      description: "The caller must have all rights of the given roles.",
      rest: "POST /users",
      status: 201,
      params: Exact({ email: Email, password: NewPassword, name: Name, roles: Roles }),
      returns: StaffView,
      access: staff("users:write"),
      errors: ["EMAIL_TAKEN"],
      idempotent: true,
    }),
    update: action({
      summary: "Changes name or roles, or closes or opens an account.",
      description:
        "Changed rights hold at once, also for tokens in use, and closing an account ends its sessions. Callers cannot change their own roles, close their own account, or give rights that they do not have.",
      rest: "PUT /users/:staffId",
      example: { name: demoAccounts.staff.name },
      params: Exact({
        ...StaffId,
        name: Type.Optional(Name),
        roles: Type.Optional(Roles),
        active: Type.Optional(Type.Boolean()),
      }),
      returns: StaffView,
      access: staff("users:write"),
    }),
    rightsOf: action({
      summary:
        "The current scopes of members of staff. Those whose account is closed, or who do not exist, are left out.",
      params: Exact({ staffIds: Type.Array(Id("staff"), { maxItems: limits.STATES_PER_CALL }) }),
      returns: Exact({
        staff: Type.Array(Exact({ ...StaffId, scopes: Type.Array(Type.String()) }), {
          maxItems: limits.STATES_PER_CALL,
        }),
      }),
      access: internal(),
      retryable: true,
    }),
    findExisting: action({
      summary: "Finds out which of these members of staff exist.",
      params: Exact({ staffIds: Type.Array(Id("staff"), { maxItems: limits.SWEEP_ROWS }) }),
      returns: Exact({ staffIds: Type.Array(Id("staff"), { maxItems: limits.SWEEP_ROWS }) }),
      access: internal(),
      retryable: true,
    }),
  },
  events: {
    StaffCreated: event({ key: "staffId", version: "1.0", data: Exact(StaffId) }),
    StaffClosed: event({ key: "staffId", version: "1.0", data: Exact(StaffId) }),
  },
  signals: {
    /** The roles of a member of staff were changed, or the account was closed or opened. */
    rightsChanged: Exact(StaffId),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    users: typeof users;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    users: typeof userIds;
  }
}
