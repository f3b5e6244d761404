import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

export const checkoutAttemptModel: TableModel = {
  name: "checkoutAttempt",
  define: {
    cartId: { type: DataTypes.TEXT, field: "cart_id", primaryKey: true },
    customerId: { type: DataTypes.TEXT, field: "customer_id" },
    agreedAt: { type: DataTypes.DATE, field: "agreed_at" },
  },
  options: { tableName: "checkout_attempt", timestamps: false },
};
