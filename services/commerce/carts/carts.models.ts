import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

/** The only table of its own; carts are in the key-value store. */
export const cartSecretModel: TableModel = {
  name: "cartSecret",
  define: { one: { type: DataTypes.BOOLEAN, primaryKey: true }, secret: { type: DataTypes.BLOB } },
  options: { tableName: "cart_secret", timestamps: false },
};
