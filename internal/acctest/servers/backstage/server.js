// A Backstage backend with nothing but its software catalog, for the tests. All
// that a client sees is done by Backstage; here is only where entities come from.
//
// PUT /test/entities with a list of entities and the token of the process makes
// them all that the catalog holds, and answers when it shows them: Backstage reads
// in the background. What it refuses is answered with 422 and what is wrong.
const { setTimeout: pause } = require("node:timers/promises");
const { createBackend } = require("@backstage/backend-defaults");
const { coreServices, createBackendModule } = require("@backstage/backend-plugin-api");
const { catalogProcessingExtensionPoint } = require("@backstage/plugin-catalog-node");
const express = require("express");

const location = {
  "backstage.io/managed-by-location": "url:http://127.0.0.1/test",
  "backstage.io/managed-by-origin-location": "url:http://127.0.0.1/test",
};

class Provider {
  getProviderName() {
    return "test";
  }

  async connect(connection) {
    this.connection = connection;
  }

  // replace goes by nothing, so that every entity is read anew.
  async replace(entities) {
    for (const now of [[], entities]) {
      await this.connection.applyMutation({
        type: "full",
        entities: now.map((entity) => {
          entity.metadata.annotations = { ...location, ...entity.metadata.annotations };
          return { entity, locationKey: "test" };
        }),
      });
    }
  }
}

// settled waits until the catalog has read all its entities and has joined them.
async function settled(database) {
  for (;;) {
    const wrong = await database("refresh_state").whereNotIn("errors", ["", "[]"]).select("entity_ref", "errors");
    if (wrong.length > 0) return wrong;
    const unread = await database("refresh_state").whereNull("processed_entity").first("entity_ref");
    if (!unread && !(await database("stitch_queue").first("entity_ref"))) return [];
    await pause(20);
  }
}

const source = createBackendModule({
  pluginId: "catalog",
  moduleId: "test",
  register(env) {
    env.registerInit({
      deps: { catalog: catalogProcessingExtensionPoint, http: coreServices.rootHttpRouter, database: coreServices.database },
      async init({ catalog, http, database }) {
        const provider = new Provider();
        catalog.addEntityProvider(provider);
        const router = express.Router();
        router.put("/", express.json({ limit: "64mb" }), async (req, res, next) => {
          try {
            if (req.header("Authorization") !== `Bearer ${process.env.BACKSTAGE_CONTROL}`) return res.status(401).end();
            await provider.replace(req.body);
            const wrong = await settled(await database.getClient());
            return wrong.length > 0 ? res.status(422).json(wrong) : res.status(200).json({});
          } catch (error) {
            return next(error);
          }
        });
        http.use("/test/entities", router);
      },
    });
  },
});

const backend = createBackend();
backend.add(require("@backstage/plugin-catalog-backend"));
backend.add(source);
backend.start().catch((error) => {
  console.error(error);
  process.exit(1);
});
