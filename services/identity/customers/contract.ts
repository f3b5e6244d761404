import { type Static, Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, internal, ownerOr, staff } from "#lib/contract/access.ts";
import { Address, addressFields, storedAddressFields } from "#lib/contract/address.ts";
import { action, contract, Empty, Exact, event, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";
import { Currency } from "#lib/contract/money.ts";
import { Named, NamedExact } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { FormedText, Text, TextOrEmpty } from "#lib/contract/text.ts";
import { Email, NewPassword } from "#services/identity/auth/contract.ts";
import { Groups, groupActions } from "./domain/group-actions.ts";
import { customerLimits } from "./domain/limits.ts";

export const customerIds = defineIds({ customer: "cust", address: "addr" });

const FirstName = Personal(Text(100, { examples: ["Ada"] }));
const LastName = Personal(Text(100, { examples: ["Lovelace"] }));
const Phone = Personal(
  FormedText("a telephone number", "^[0-9A-Za-z+(). /#-]*$", {
    minLength: 3,
    maxLength: 40,
    examples: ["+1 503 555 0100"],
  }),
);

const AddressView = NamedExact("CustomerAddress", { addressId: Id("address"), ...storedAddressFields });

const CustomerId = { customerId: Id("customer") };
const AddressId = { ...CustomerId, addressId: Id("address") };

const profileFields = {
  ...CustomerId,
  email: Email,
  firstName: FirstName,
  lastName: LastName,
  phone: Type.Union([Phone, Type.Null()]),
  createdAt: Timestamp,
};
const CustomerProfile = NamedExact("CustomerProfile", profileFields);
const CustomerView = NamedExact("Customer", {
  ...profileFields,
  addresses: Type.Array(AddressView, { maxItems: customerLimits.CUSTOMER_ADDRESSES }),
});

/** The preferences that the shop itself reads. A client may store more of its own: flat, and bounded in number. */
const shopPreferences = {
  language: Type.Optional(FormedText("a language tag", "^[A-Za-z0-9-]*$", { maxLength: 35, examples: ["en-GB"] })),
  currency: Type.Optional(Currency),
  marketingEmails: Type.Optional(Type.Boolean()),
};
const Scalar = Type.Union([TextOrEmpty(500), Type.Number(), Type.Boolean(), Type.Null()]);
// TypeBox leaves properties without a schema of their own out of the type, so the type is stated.
const ownPreferences = { additionalProperties: Scalar, propertyNames: Type.String({ maxLength: 100 }) };
const Preferences = Type.Unsafe<Record<string, Static<typeof Scalar>>>(
  Named("Preferences", Type.Object(shopPreferences, { ...ownPreferences, maxProperties: customerLimits.PREFERENCES })),
);
const SetPreferences = Type.Unsafe<{ customerId: string; [preference: string]: Static<typeof Scalar> }>(
  Type.Object(
    { ...CustomerId, ...shopPreferences },
    { ...ownPreferences, maxProperties: customerLimits.PREFERENCES + 1 },
  ),
);

const readAccess = ownerOr("customers:read", "customerId");
const writeAccess = ownerOr("customers:write", "customerId");

export const customers = contract("customers", {
  summary: "Profiles, addresses, preferences and groups of customers.",
  personalData: {
    customer: { columns: ["email", "first_name", "last_name", "phone", "preferences"], subject: "customer_id" },
    address: { columns: ["street", "city", "state", "zip_code", "country"], subject: "customer_id" },
    customer_group: "none",
    group_member: { columns: ["code"], subject: "customer_id" },
  },
  actions: {
    ...groupActions,
    create: action({
      summary: "Registers a customer, who can log in at once.",
      rest: "POST /customers",
      status: 201,
      params: Exact({
        email: Email,
        password: NewPassword,
        firstName: FirstName,
        lastName: LastName,
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
        customers: Type.Array(CustomerProfile, { maxItems: limits.PAGE_SIZE }),
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
      summary: "Changes the fields of a customer that are given.",
      description: "A new email is also the new login; an address replaces the first one.",
      rest: "PUT /customers/:customerId",
      example: { phone: "+1 503 555 0100" },
      params: Exact({
        ...CustomerId,
        email: Type.Optional(Email),
        firstName: Type.Optional(FirstName),
        lastName: Type.Optional(LastName),
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
      description: `A customer can have at most ${customerLimits.CUSTOMER_ADDRESSES} addresses.`,
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
      example: { street: "2 Market Street" },
      params: Exact({ ...AddressId, ...Type.Partial(Address).properties }),
      returns: AddressView,
      access: writeAccess,
    }),
    removeAddress: action({
      summary: "Removes an address.",
      description: "A second time the address is not found.",
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
      description: `A client may store preferences of its own beside those that the shop reads: texts of at most 500 characters, numbers, true, false or null, at most ${customerLimits.PREFERENCES} in all.`,
      rest: "PUT /customers/:customerId/preferences",
      example: { language: "en-GB", marketingEmails: false, theme: "dark" },
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
    names: action({
      summary: "The names and emails of customers; unknown ones are left out.",
      params: Exact({ customerIds: Type.Array(Id("customer"), { maxItems: limits.SWEEP_ROWS }) }),
      returns: Exact({
        customers: Type.Array(Exact({ ...CustomerId, email: Email, firstName: FirstName, lastName: LastName })),
      }),
      access: internal(),
      retryable: true,
    }),
  },
  events: {
    CustomerCreated: event({
      key: "customerId",
      version: "1.0",
      data: Exact({ ...CustomerId, email: Email, firstName: FirstName, lastName: LastName }),
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
    /** The customer is in these groups from now on, and in no others. */
    CustomerGroupsChanged: event({
      key: "customerId",
      version: "1.0",
      data: Exact({ ...CustomerId, groups: Groups }),
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
