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

/** A few settings the shop knows, and whatever else a client wants to keep for its customer: flat and bounded. */
const known = {
  language: Type.Optional(Type.String({ maxLength: 35, pattern: "^[A-Za-z0-9-]*$", examples: ["en-GB"] })),
  currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$" })),
  marketingEmails: Type.Optional(Type.Boolean()),
};
const Scalar = Type.Union([TextOrEmpty(500), Type.Number(), Type.Boolean(), Type.Null()]);
// TypeBox leaves properties without a schema of their own out of the type, so the type is stated.
const Preferences = Type.Unsafe<Record<string, Static<typeof Scalar>>>(
  Type.Object(known, { additionalProperties: Scalar }),
);
const SetPreferences = Type.Unsafe<{ customerId: string; [preference: string]: Static<typeof Scalar> }>(
  Type.Object(
    { ...CustomerId, ...known },
    { additionalProperties: Scalar, propertyNames: { maxLength: 100 }, maxProperties: customerLimits.PREFERENCES + 1 },
  ),
);

const readable = ownerOr("customers:read", "customerId");
const writable = ownerOr("customers:write", "customerId");

export const customers = contract("customers", {
  summary: "Profiles, addresses and preferences of those who buy.",
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
      access: anyone(),
      errors: ["EMAIL_TAKEN"],
      idempotent: true,
    }),
    list: action({
      summary: "All customers, for staff.",
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
      summary: "One customer.",
      rest: "GET /customers/:customerId",
      params: Exact(CustomerId),
      returns: CustomerView,
      access: readable,
    }),
    update: action({
      summary: "Changes what is given. A new email is the one to log in with; an address takes the place of the first.",
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
      access: writable,
      errors: ["EMAIL_TAKEN"],
    }),
    listAddresses: action({
      summary: "The addresses of a customer, the oldest first.",
      rest: "GET /customers/:customerId/addresses",
      params: Exact({ ...CustomerId, ...Page }),
      returns: Exact({
        addresses: Type.Array(AddressView, { maxItems: limits.PAGE_SIZE }),
        pagination: Pagination,
      }),
      access: readable,
    }),
    getAddress: action({
      summary: "One address.",
      rest: "GET /customers/:customerId/addresses/:addressId",
      params: Exact(AddressId),
      returns: AddressView,
      access: readable,
    }),
    addAddress: action({
      summary: "Adds an address.",
      rest: "POST /customers/:customerId/addresses",
      status: 201,
      params: Exact({ ...CustomerId, ...addressFields }),
      returns: AddressView,
      access: writable,
      errors: ["LIMIT_REACHED"],
      idempotent: true,
    }),
    updateAddress: action({
      summary: "Changes what is given of an address.",
      rest: "PUT /customers/:customerId/addresses/:addressId",
      params: Exact({ ...AddressId, ...Type.Partial(Address).properties }),
      returns: AddressView,
      access: writable,
    }),
    removeAddress: action({
      summary: "Removes an address.",
      rest: "DELETE /customers/:customerId/addresses/:addressId",
      status: 204,
      params: Exact(AddressId),
      returns: Empty,
      access: writable,
    }),
    getPreferences: action({
      summary: "The preferences of a customer.",
      rest: "GET /customers/:customerId/preferences",
      params: Exact(CustomerId),
      returns: Preferences,
      access: readable,
    }),
    setPreferences: action({
      summary: "Replaces the preferences of a customer.",
      rest: "PUT /customers/:customerId/preferences",
      params: SetPreferences,
      returns: Preferences,
      access: writable,
    }),
    existing: action({
      summary: "Which of these customers exist.",
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
        updatedFields: Type.Array(Type.String(), { minItems: 1, maxItems: 10, description: "names of what changed" }),
        email: Type.Optional(Email), // the new one, where it changed
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
