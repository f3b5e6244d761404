// A Medusa shop as `create-medusa-app` configures one, without its admin pages.
const { defineConfig } = require("@medusajs/framework/utils");

module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.PEER_DATABASE_URL,
    databaseDriverOptions: { connection: { ssl: false } },
    http: {
      storeCors: "http://localhost:8000",
      adminCors: "http://localhost:9000",
      authCors: "http://localhost:9000",
      jwtSecret: "peer-jwt-secret",
      cookieSecret: "peer-cookie-secret",
    },
  },
});
