import { expect, test } from "@jest/globals";
import { DataTypes } from "sequelize";
import { Type } from "typebox";
import { ownerOr, staff } from "#lib/contract/access.ts";
import { contract } from "#lib/contract/contract.ts";
import { crud } from "#lib/contract/crud.ts";
import { crudService } from "#mixins/service/crud.ts";

const described = { item: "note", items: "notes", id: "event", fields: { text: Type.String() } } as const;

test("an owner's access names the path parameter, because no handler checks the owner", () => {
  const path = "/customers/:customerId/notes";
  expect(() => crud({ ...described, path, access: ownerOr("notes:read") })).toThrow(/access of notes must name/);
  expect(crud({ ...described, path, access: ownerOr("notes:read", "customerId") })).toHaveProperty("list");
});

test("a model that lacks a property of the contract stops the start", () => {
  const notes = contract("notes", {
    summary: "Notes.",
    actions: crud({ ...described, path: "/notes", access: staff("notes:write") }),
  });
  const define = { eventId: DataTypes.TEXT, createdAt: DataTypes.DATE, updatedAt: DataTypes.DATE };
  const start = (model: object) =>
    crudService(notes, { migrations: "none", model: { name: "note", options: {}, define: { ...define, ...model } } });
  expect(() => start({})).toThrow("The model note lacks text, which the contract of notes has.");
  expect(start({ text: DataTypes.TEXT }).name).toBe("notes");
});
