import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

export const credentialModel: TableModel = {
  name: "credential",
  define: {
    subjectId: { type: DataTypes.TEXT, primaryKey: true, field: "subject_id" },
    kind: DataTypes.TEXT,
    email: DataTypes.TEXT,
    state: DataTypes.TEXT,
    createdAt: { type: DataTypes.DATE, field: "created_at" },
  },
  options: { tableName: "credential", timestamps: false },
};
