// What the published client makes of our answers. In: JSON on stdin, a list of {name, kind, value}.
// Out: JSON on stdout, a list of {name, faults, value}.
import { createRequire } from "node:module";
import { join } from "node:path";

const client = createRequire(join(process.argv[2], "x.js"))("librechat-data-provider");
const read = async () => {
  const pieces = [];
  for await (const piece of process.stdin) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString("utf8"));
};
const plain = (error) => (error.issues ?? [error]).map((issue) => `${(issue.path ?? []).join(".")}: ${issue.message}`);

const kinds = {
  // A published schema, by its name: "schema:tMessageSchema".
  schema: (value, name) => client[name].parse(value),
  // The same for each of a list.
  schemas: (value, name) => value.map((item) => client[name].parse(item)),
  // A conversation, as the client reads one that it did not begin.
  convo: (value) => ({
    full: client.parseConvo({ endpoint: value.endpoint, endpointType: value.endpointType, conversation: value }),
    compact: client.parseCompactConvo({ endpoint: value.endpoint, endpointType: value.endpointType, conversation: value }),
  }),
  // The body that the client sends to start a reply.
  payload: (value) => client.createPayload(value),
};

const answer = (question) => {
  const [kind, name] = question.kind.split(":");
  try {
    return { name: question.name, faults: [], value: kinds[kind](question.value, name) };
  } catch (error) {
    return { name: question.name, faults: plain(error), value: null };
  }
};
process.stdout.write(JSON.stringify((await read()).map(answer)));
