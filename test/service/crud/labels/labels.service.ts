import { join } from "node:path";
import { DataTypes } from "sequelize";
import { transactional } from "#mixins/service/context.ts";
import { crudService } from "#mixins/service/crud.ts";
import { labels } from "./contract.ts";

export default crudService(labels, {
  migrations: join(import.meta.dirname, "migrations"),
  model: {
    name: "label",
    define: {
      labelId: { type: DataTypes.TEXT, primaryKey: true },
      text: DataTypes.TEXT,
      createdAt: DataTypes.DATE,
      updatedAt: DataTypes.DATE,
    },
    options: { tableName: "label", timestamps: false, underscored: true },
  },
  actions: {
    clear: transactional((ctx) =>
      ctx.transaction(async (tx) => ({ removed: (await tx.query("DELETE FROM label RETURNING 1 AS removed")).length })),
    ),
  },
});
