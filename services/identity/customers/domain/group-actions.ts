import { Type } from "typebox";
import { ownerOr, staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { NamedExact } from "#lib/contract/named.ts";
import { FormedText, Text } from "#lib/contract/text.ts";
import { customerLimits } from "./limits.ts";

// The part of the contract that is about groups of customers.

export const GroupCode = FormedText("lower-case letters, digits and hyphens", "^[a-z0-9][a-z0-9-]*$", {
  minLength: 1,
  maxLength: 64,
  examples: ["wholesale"],
});
const Code = { code: GroupCode };
const Name = { name: Text(100, { examples: ["Wholesale"] }) };
const Group = NamedExact("CustomerGroup", { ...Code, ...Name });

/** The groups of one customer, by code. */
export const Groups = Type.Array(GroupCode, {
  uniqueItems: true,
  maxItems: customerLimits.GROUPS_OF_CUSTOMER,
  examples: [[]],
});
const GroupsOfCustomer = NamedExact("GroupsOfCustomer", { customerId: Id("customer"), groups: Groups });

const readAccess = staff("customers:read");
const writeAccess = staff("customers:write");

export const groupActions = {
  listGroups: action({
    summary: "Lists the groups that customers can be in.",
    rest: "GET /customer-groups",
    params: Exact({ ...Page }),
    returns: Exact({ groups: Type.Array(Group), pagination: Pagination }),
    access: readAccess,
  }),
  createGroup: action({
    summary: "Adds a group of customers.",
    description: "A price list can be for one group.",
    rest: "POST /customer-groups",
    status: 201,
    params: Group,
    returns: Group,
    access: writeAccess,
    errors: ["ALREADY_EXISTS"],
    idempotent: true,
  }),
  getGroup: action({
    summary: "Reads one group of customers.",
    rest: "GET /customer-groups/:code",
    params: Exact(Code),
    returns: Group,
    access: readAccess,
  }),
  updateGroup: action({
    summary: "Renames a group of customers.",
    rest: "PUT /customer-groups/:code",
    params: Exact({ ...Code, ...Name }),
    returns: Group,
    access: writeAccess,
    retryable: true,
  }),
  deleteGroup: action({
    summary: "Removes a group that no customer is in.",
    rest: "DELETE /customer-groups/:code",
    status: 204,
    params: Exact(Code),
    returns: Empty,
    access: writeAccess,
    errors: ["CONFLICT"],
  }),
  getGroups: action({
    summary: "The groups that a customer is in.",
    rest: "GET /customers/:customerId/groups",
    params: Exact({ customerId: Id("customer") }),
    returns: GroupsOfCustomer,
    access: ownerOr("customers:read", "customerId"),
  }),
  setGroups: action({
    summary: "Sets the groups that a customer is in.",
    description: "The customer gets the prices of these groups within a second.",
    rest: "PUT /customers/:customerId/groups",
    params: Exact({ customerId: Id("customer"), groups: Groups }),
    returns: GroupsOfCustomer,
    access: writeAccess,
    retryable: true,
  }),
};
