import { type Static, Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, internal, ownerOr, staff } from "#lib/contract/access.ts";
import { addressFields } from "#lib/contract/address.ts";
import { action, contract, Empty, Exact, event, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";
import { Personal } from "#lib/contract/personal.ts";
import { Text, TextOrEmpty } from "#lib/contract/text.ts";
import { Email, NewPassword } from "#services/identity/auth/contract.ts";
import { customerLimits } from "./domain/limits.ts";

export const customerIds = defineIds({ customer: "cust", address: "addr" });

const Name = Personal(Text(100));
const Phone = Personal(
  Type.String({
    minLength: 3,
    maxLength: 40,
    pattern: "^[0-9A-Za-z+(). /#-]*$",
    examples: ["+1 503 555 0100"],
  }),
);

const Address = Exact(addressFields);
const AddressView = Exact({ addressId: Id("address"), ...addressFields });

const CustomerId = { customerId: Id("customer") };
const AddressId = { ...CustomerId, addressId: Id("address") };

const profileFields = {
  ...CustomerId,
  email: Email,
  firstName: Name,
  lastName: Name,
  phone: Type.Union([Phone, Type.Null()]),
  createdAt: Timestamp,
};
const CustomerView = Exact({
  ...profileFields,
  addresses: Type.Array(AddressView, { maxItems: customerLimits.CUSTOMER_ADDRESSES }),
});

/** The preferences that the shop itself reads. A client may store more of its own: flat, and bounded in number. */
const shopPreferences = {
  language: Type.Optional(Type.String({ maxLength: 35, pattern: "^[A-Za-z0-9-]*$", examples: ["en-GB"] })),
  currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$" })),
  marketingEmails: Type.Optional(Type.Boolean()),
};
const Scalar = Type.Union([TextOrEmpty(500), Type.Number(), Type.Boolean(), Type.Null()]);
// TypeBox leaves properties without a schema of their own out of the type, so the type is stated.
const Preferences = Type.Unsafe<Record<string, Static<typeof Scalar>>>(
  Type.Object(shopPreferences, { additionalProperties: Scalar }),
);
const SetPreferences = Type.Unsafe<{ customerId: string; [preference: string]: Static<typeof Scalar> }>(
  Type.Object(
    { ...CustomerId, ...shopPreferences },
    { additionalProperties: Scalar, propertyNames: { maxLength: 100 }, maxProperties: customerLimits.PREFERENCES + 1 },
  ),
);

const readAccess = ownerOr("customers:read", "customerId");
const writeAccess = ownerOr("customers:write", "customerId");

export const customers = contract("customers", {
  summary: "Profiles, addresses and preferences of customers.",
  personalData: {
    customer: { columns: ["email", "first_name", "last_name", "phone", "preferences"], subject: "customer_id" },
    address: { columns: ["street", "city", "state", "zip_code", "country"], subject: "customer_id" },
  },
  actions: {
    create: action({
      summary: "Registers a customer, who can log in at once.",
      rest: "POST /customers",
      status: 201,
      params: Exact({
        email: Email,
        password: NewPassword,
        firstName: Name,
        lastName: Name,
        phone: Type.Optional(Phone),
        address: Type.Optional(Address),
      }),
      returns: Exact(CustomerId),
      access: anyone({ badToken: "ignored" }),
      errors: ["EMAIL_TAKEN", "RATE_LIMITED"],
      idempotent: true,
    }),
    list: action({
      summary: "Lists customers, for staff.",
      rest: "GET /customers",
      params: Exact({
        ...Page,
        sort: Type.Optional(Type.Enum(["createdAt", "-createdAt", "email", "-email", "lastName", "-lastName"])),
        email: Type.Optional(Email),
      }),
      returns: Exact({
        customers: Type.Array(Exact(profileFields), { maxItems: limits.PAGE_SIZE }),
        pagination: Pagination,
      }),
      access: staff("customers:read"),
    }),
    get: action({
      summary: "Reads one customer.",
      rest: "GET /customers/:customerId",
      params: Exact(CustomerId),
      returns: CustomerView,
      access: readAccess,
    }),
    update: action({
      summary:
        "Changes the fields that are given. A new email is also the new login; an address replaces the first one.",
      rest: "PUT /customers/:customerId",
      params: Exact({
        ...CustomerId,
        email: Type.Optional(Email),
        firstName: Type.Optional(Name),
        lastName: Type.Optional(Name),
        phone: Type.Optional(Type.Union([Phone, Type.Null()])),
        address: Type.Optional(Address),
      }),
      returns: CustomerView,
      access: writeAccess,
      errors: ["EMAIL_TAKEN"],
    }),
    listAddresses: action({
      summary: "Lists the addresses of a customer, the oldest first.",
      rest: "GET /customers/:customerId/addresses",
      params: Exact({ ...CustomerId, ...Page }),
      returns: Exact({
        addresses: Type.Array(AddressView, { maxItems: limits.PAGE_SIZE }),
        pagination: Pagination,
      }),
      access: readAccess,
    }),
    getAddress: action({
      summary: "Reads one address.",
      rest: "GET /customers/:customerId/addresses/:addressId",
      params: Exact(AddressId),
      returns: AddressView,
      access: readAccess,
    }),
    addAddress: action({
      summary: "Adds an address.",
      rest: "POST /customers/:customerId/addresses",
      status: 201,
      params: Exact({ ...CustomerId, ...addressFields }),
      returns: AddressView,
      access: writeAccess,
      errors: ["LIMIT_REACHED"],
      idempotent: true,
    }),
    updateAddress: action({
      summary: "Changes the fields of an address that are given.",
      rest: "PUT /customers/:customerId/addresses/:addressId",
      params: Exact({ ...AddressId, ...Type.Partial(Address).properties }),
      returns: AddressView,
      access: writeAccess,
    }),
    removeAddress: action({
      summary: "Removes an address.",
      rest: "DELETE /customers/:customerId/addresses/:addressId",
      status: 204,
      params: Exact(AddressId),
      returns: Empty,
      access: writeAccess,
    }),
    getPreferences: action({
      summary: "Reads the preferences of a customer.",
      rest: "GET /customers/:customerId/preferences",
      params: Exact(CustomerId),
      returns: Preferences,
      access: readAccess,
    }),
    setPreferences: action({
      summary: "Replaces the preferences of a customer.",
      rest: "PUT /customers/:customerId/preferences",
      params: SetPreferences,
      returns: Preferences,
      access: writeAccess,
    }),
    findExisting: action({
      summary: "Finds out which of these customers exist.",
      params: Exact({ customerIds: Type.Array(Id("customer"), { maxItems: limits.SWEEP_ROWS }) }),
      returns: Exact({ customerIds: Type.Array(Id("customer"), { maxItems: limits.SWEEP_ROWS }) }),
      access: internal(),
      retryable: true,
    }),
  },
  events: {
    CustomerCreated: event({
      key: "customerId",
      version: "1.0",
      data: Exact({ ...CustomerId, email: Email, firstName: Name, lastName: Name }),
    }),
    CustomerUpdated: event({
      key: "customerId",
      version: "1.0",
      data: Exact({
        ...CustomerId,
        updatedFields: Type.Array(Type.String(), {
          minItems: 1,
          maxItems: 10,
          description: "names of the fields that changed",
        }),
        email: Type.Optional(Email), // the new one, when it changed
      }),
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    customers: typeof customers;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    customers: typeof customerIds;
  }
}
