// A SCIM 2.0 server for the tests. Everything that a client sees of the protocol
// is done by scimmy and scimmy-routers; here are only the stores.
//
// One process serves many directories, which tests do not share: the bearer
// token says which. A test makes one with POST /directories and the token of the
// process, and names in it how the server is to behave:
//
//   filter       "folded": eq does not regard case, as RFC 7643 asks for these
//                attributes; "exact": as scimmy compares; "ignored": filters are
//                accepted and everybody is returned
//   showGroups   false: users do not show their groups
//   showMembers  false: groups do not show their members
import crypto from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const employment = "urn:ietf:params:scim:schemas:extension:employment:2.0:User";
const directories = new Map(); // by token
const readers = new Set(); // the tokens that may change nothing

const notFound = (id) => new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);

// folded evaluates the filters that consist of eq, and, or without regard to
// case; for anything else it returns undefined.
function folded(filter, resources) {
  const holds = (value, wanted) => {
    if (Array.isArray(wanted)) {
      return wanted.length === 2 && wanted[0] === "eq" && [value].flat().some((v) => String(v ?? "").toLowerCase() === String(wanted[1]).toLowerCase());
    }
    return Object.entries(wanted).every(([name, inner]) => [value].flat().some((v) => holds(v?.[name], inner)));
  };
  const plain = (wanted) => (Array.isArray(wanted) ? wanted[0] === "eq" : Object.values(wanted).every(plain));
  return [...filter].every(plain) ? resources.filter((r) => [...filter].some((clause) => holds(r, clause))) : undefined;
}

function store(name, show) {
  return {
    ingress: async (resource, data, directory) => {
      const all = directory[name];
      const id = resource.id ?? crypto.randomUUID();
      if (resource.id && !all.has(id)) throw notFound(id);
      const now = new Date().toISOString();
      const kept = { ...data, id, meta: { created: all.get(id)?.meta?.created ?? now, lastModified: now } };
      all.set(id, kept);
      return kept;
    },
    egress: async (resource, directory) => {
      if (resource.id) {
        const found = directory[name].get(resource.id);
        if (!found) throw notFound(resource.id);
        return show(found, directory);
      }
      const all = [...directory[name].values()].map((r) => show(r, directory));
      if (!resource.filter || directory.filter === "ignored") return all;
      return (directory.filter === "folded" && folded(resource.filter, all)) || resource.filter.match(all);
    },
    degress: async (resource, directory) => {
      if (!directory[name].delete(resource.id)) throw notFound(resource.id);
    },
  };
}

function showUser(user, directory) {
  if (directory.showGroups === false) return user;
  const groups = [];
  for (const group of directory.Groups.values()) {
    if (group.members?.some((m) => m.value === user.id)) groups.push({ value: group.id, display: group.displayName, type: "direct" });
  }
  return groups.length > 0 ? { ...user, groups } : user;
}

function showGroup(group, directory) {
  if (directory.showMembers !== false) return group;
  const { members, ...rest } = group;
  return rest;
}

const extension = new SCIMMY.Types.SchemaDefinition("Employment", employment, "Employment", [new SCIMMY.Types.Attribute("string", "endDate")]);
SCIMMY.Config.set({ patch: true, filter: { supported: true, maxResults: 200 }, sort: true, changePassword: false, etag: false });
SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false).extend(extension, false), store("Users", showUser));
SCIMMY.Resources.declare(SCIMMY.Resources.Group, store("Groups", showGroup));

const bearer = (req) => (req.header("Authorization") ?? "").replace(/^Bearer /, "");
const app = express();

app.post("/directories", express.json({ limit: "64mb" }), (req, res) => {
  if (bearer(req) !== process.env.SCIM_CONTROL) return res.status(401).end();
  const { users = [], groups = [], ...behaviour } = req.body;
  const token = `scim-${crypto.randomUUID()}`;
  const readOnly = `scim-${crypto.randomUUID()}`;
  const keyed = (list) => new Map(list.map((r) => [r.id, { ...r, meta: { created: new Date().toISOString() } }]));
  const directory = { filter: "folded", ...behaviour, Users: keyed(users), Groups: keyed(groups) };
  directories.set(token, directory);
  directories.set(readOnly, directory);
  readers.add(readOnly);
  res.status(201).json({ token, readOnly });
});

app.use("/scim/v2", (req, res, next) => {
  if (req.method === "GET" || !readers.has(bearer(req))) return next();
  res.status(403).json({ schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: "403", detail: "The token may only read" });
});

app.use("/scim/v2", new SCIMMYRouters({
  type: "bearer",
  handler: (req) => {
    if (!directories.has(bearer(req))) throw new Error("The token is not valid");
    return "reader";
  },
  context: (req) => directories.get(bearer(req)),
  baseUri: (req) => `http://${req.header("Host")}`,
}));

app.listen(Number(process.env.SCIM_PORT), "127.0.0.1");
